import type { JsonObject } from '../model.ts';

/** An element of a foreign submodel: its members may be anything. */
export type ForeignElement = JsonObject;

/** The elements inside a submodel, collection or list. */
export function childrenOf(element: ForeignElement | undefined): readonly ForeignElement[] {
  const inner = element?.['submodelElements'] ?? element?.['value'];
  return Array.isArray(inner) ? inner.filter(isObject) : [];
}

/** The element inside with this idShort; the last of several names of a path is meant. */
export function childOf(
  element: ForeignElement | undefined,
  ...path: readonly string[]
): ForeignElement | undefined {
  return path.reduce<ForeignElement | undefined>(
    (parent, name) => childrenOf(parent).find((child) => child['idShort'] === name),
    element,
  );
}

/** The value of the Property at a path; undefined where there is none or it is empty. */
export function textAt(element: ForeignElement | undefined, ...path: readonly string[]): string | undefined {
  const value = childOf(element, ...path)?.['value'];
  const text = typeof value === 'string' ? value.trim() : undefined;
  return text === '' ? undefined : text;
}

/** The idShort of an element; empty for the items of a list. */
export function idShortOf(element: ForeignElement): string {
  return typeof element['idShort'] === 'string' ? element['idShort'] : '';
}

/** Values of the keys of a reference; empty where it is none. */
export function keyValues(reference: unknown): readonly string[] {
  const keys = isObject(reference) ? reference['keys'] : undefined;
  if (!Array.isArray(keys)) return [];
  return keys.filter(isObject).map(({ value }) => (typeof value === 'string' ? value : ''));
}

/** All meanings of an element, without the blanks at their ends that some are published with. */
export function meaningsOf(element: ForeignElement): readonly string[] {
  const supplemental = element['supplementalSemanticIds'];
  const references = [element['semanticId'], ...(Array.isArray(supplemental) ? supplemental : [])];
  return references.flatMap((reference) => keyValues(reference).map((value) => value.trim()));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
