import { CodedError } from '../../../runtime/errors.ts';
import { childrenMember, splitChildren } from '../../children.ts';
import { valueFromJson } from '../../data-types.ts';
import type { JsonObject } from '../../model.ts';

/**
 * Puts a value-only value into an element that says of what kind it is: an argument from its variable (IDTA-01002,
 * ValueOnly).
 * @param path how messages name the element.
 * @throws CodedError `E_INVALID_INPUT` with the path of what does not fit.
 */
export function elementFromValue(element: JsonObject, value: unknown, path: string): JsonObject {
  switch (element['modelType']) {
    case 'Property':
      return { ...element, value: scalar(element, value, path) };
    case 'Range':
      return { ...element, ...mapMembers(element, value, path, ['min', 'max'], scalar) };
    case 'MultiLanguageProperty':
      return { ...element, value: languages(value, path) };
    case 'File':
    case 'Blob':
      return { ...element, ...members(value, path, ['contentType', 'value']) };
    case 'ReferenceElement':
      return { ...element, value };
    case 'RelationshipElement':
      return { ...element, ...members(value, path, ['first', 'second']) };
    case 'BasicEventElement':
      return { ...element, ...members(value, path, ['observed']) };
    case 'SubmodelElementCollection':
      return withChildren(element, value, path);
    case 'AnnotatedRelationshipElement': {
      const { annotations, ...own } = members(value, path, ['first', 'second', 'annotations']);
      return withChildren({ ...element, ...own }, annotations ?? {}, path);
    }
    case 'Entity': {
      const allowed = ['statements', 'entityType', 'globalAssetId', 'specificAssetIds'];
      const { statements, ...own } = members(value, path, allowed);
      return withChildren({ ...element, ...own }, statements ?? {}, path);
    }
    case 'SubmodelElementList':
      return { ...element, value: entries(element, value, path) };
    default:
      throw fault(path, `a ${String(element['modelType'])} has no value-only form`);
  }
}

/** Values by idShort; children without one keep what the variable says. */
function withChildren(element: JsonObject, value: unknown, path: string): JsonObject {
  const { own, children } = splitChildren(element);
  const names = children.map((child) => String(child['idShort']));
  const values = members(value, path, names);
  const filled = children.map((child, index) => {
    const name = names[index] ?? '';
    return Object.hasOwn(values, name) ? elementFromValue(child, values[name], `${path}.${name}`) : child;
  });
  const member = childrenMember(element['modelType']);
  return member === undefined || filled.length === 0 ? own : { ...own, [member]: filled };
}

/** A list may have any length: its first entry says what entries are, or the list's own types do. */
function entries(list: JsonObject, value: unknown, path: string): JsonObject[] {
  if (!Array.isArray(value)) throw fault(path, 'the value must be a list');
  const [first] = splitChildren(list).children;
  const entry = first ?? {
    modelType: list['typeValueListElement'],
    ...(list['valueTypeListElement'] === undefined ? {} : { valueType: list['valueTypeListElement'] }),
  };
  return (value as readonly unknown[]).map((item, index) =>
    elementFromValue(entry, item, `${path}[${index}]`),
  );
}

function scalar(element: JsonObject, value: unknown, path: string): string {
  const text = valueFromJson(String(element['valueType']), value);
  if (text === undefined) throw fault(path, `the value is none of ${String(element['valueType'])}`);
  return text;
}

function languages(value: unknown, path: string): JsonObject[] {
  if (!Array.isArray(value)) throw fault(path, 'the value must be a list of {"language": "text"}');
  return (value as readonly unknown[]).map((entry) => {
    const pairs = isObject(entry) ? Object.entries(entry) : [];
    const [language, text] = pairs[0] ?? [];
    if (pairs.length !== 1 || typeof text !== 'string') {
      throw fault(path, 'each entry must be {"language": "text"}');
    }
    return { language, text };
  });
}

function mapMembers(
  element: JsonObject,
  value: unknown,
  path: string,
  allowed: readonly string[],
  change: typeof scalar,
): JsonObject {
  const given = Object.entries(members(value, path, allowed));
  return Object.fromEntries(given.map(([name, inner]) => [name, change(element, inner, `${path}.${name}`)]));
}

function members(value: unknown, path: string, allowed: readonly string[]): JsonObject {
  if (!isObject(value)) throw fault(path, 'the value must be an object');
  const unknown = Object.keys(value).find((name) => !allowed.includes(name));
  if (unknown !== undefined) throw fault(path, `the value has no member ${unknown}`);
  return value;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fault(path: string, message: string): CodedError {
  return new CodedError('E_INVALID_INPUT', `${path}: ${message}`, { faults: [{ path, message }] });
}
