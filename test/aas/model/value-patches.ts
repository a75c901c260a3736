import type { JsonObject } from '../../../aas/model.ts';
import { childrenOf, isList, withChildren } from './plain-tree.ts';

/** A value in the value-only form, and the element that has it. */
export interface ValuePatch {
  readonly value: unknown;
  readonly after: JsonObject;
}

/**
 * New values for an element and those below it, from a few numbers; undefined if it has none that could be set. Files
 * are left alone: what their value means depends on their attachment.
 */
export function valuePatchOf(node: JsonObject, seeds: readonly number[]): ValuePatch | undefined {
  const seed = seeds[0] ?? 0;
  switch (node['modelType']) {
    case 'Property': {
      const value = propertyValue(String(node['valueType']), seed);
      return { value, after: { ...node, value: String(value) } };
    }
    case 'Range':
      return {
        value: { min: seed, max: seed + 1 },
        after: { ...node, min: String(seed), max: String(seed + 1) },
      };
    case 'MultiLanguageProperty':
      return {
        value: [{ de: `Wert ${seed}` }, { en: `value ${seed}` }],
        after: {
          ...node,
          value: [
            { language: 'de', text: `Wert ${seed}` },
            { language: 'en', text: `value ${seed}` },
          ],
        },
      };
    case 'Blob': {
      const value = Buffer.from(String(seed)).toString('base64');
      return { value: { contentType: 'c/d', value }, after: { ...node, contentType: 'c/d', value } };
    }
    case 'ReferenceElement':
      return { value: referenceOf(seed), after: { ...node, value: referenceOf(seed) } };
    case 'RelationshipElement':
      return { value: { first: referenceOf(seed) }, after: { ...node, first: referenceOf(seed) } };
    case 'BasicEventElement':
      return { value: { observed: referenceOf(seed) }, after: { ...node, observed: referenceOf(seed) } };
    case 'Entity': {
      const { value, after } = ofChildren(node, seeds);
      return { value: { statements: value }, after };
    }
    case 'AnnotatedRelationshipElement': {
      const { value, after } = ofChildren(node, seeds);
      return {
        value: { annotations: value, second: referenceOf(seed) },
        after: { ...after, second: referenceOf(seed) },
      };
    }
    case 'SubmodelElementCollection':
      return ofChildren(node, seeds);
    case 'SubmodelElementList':
      return ofEntries(node, seeds);
    default:
      return undefined;
  }
}

/** Some of the children, by idShort. */
function ofChildren(node: JsonObject, seeds: readonly number[]): ValuePatch {
  const value: Record<string, unknown> = {};
  const after = childrenOf(node).map((child, index) => {
    const seed = seeds[index % seeds.length] ?? 0;
    const patch = seed % 3 === 0 ? undefined : valuePatchOf(child, rotated(seeds, index));
    if (patch === undefined) return child;
    value[String(child['idShort'])] = patch.value;
    return patch.after;
  });
  return { value, after: withChildren(node, after) };
}

/** All entries of a list, `null` for those that stay. */
function ofEntries(node: JsonObject, seeds: readonly number[]): ValuePatch | undefined {
  if (!isList(node)) return undefined;
  const patches = childrenOf(node).map((entry, index) => valuePatchOf(entry, rotated(seeds, index)));
  const after = childrenOf(node).map((entry, index) => patches[index]?.after ?? entry);
  return { value: patches.map((patch) => patch?.value ?? null), after: withChildren(node, after) };
}

const rotated = (seeds: readonly number[], by: number): readonly number[] => [
  ...seeds.slice(by % seeds.length),
  ...seeds.slice(0, by % seeds.length),
];

const referenceOf = (seed: number): JsonObject => ({
  type: 'ExternalReference',
  keys: [{ type: 'GlobalReference', value: `urn:value:${seed}` }],
});

function propertyValue(valueType: string, seed: number): string | number | boolean {
  switch (valueType) {
    case 'xs:int':
      return seed - 500;
    case 'xs:double':
      return seed / 8;
    case 'xs:boolean':
      return seed % 2 === 0;
    default:
      return `text ${seed} ä`;
  }
}
