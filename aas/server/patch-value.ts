import { CodedError } from '../../runtime/errors.ts';
import { checkModel } from '../check-model.ts';
import { valueFromJson } from '../data-types.ts';
import { joinPath } from '../id-short-path.ts';
import type { JsonObject } from '../model.ts';
import { parseRow } from './storage/element-rows.ts';
import type { ElementStore } from './storage/element-store.ts';

/**
 * Writes the value-only form of an element: only elements that exist change, values must be of their type, lists of
 * equal length. Belongs into a transaction, so that a fault anywhere leaves all as it was.
 * @throws CodedError `E_INVALID_INPUT` with the path of what does not fit, `E_AAS_NOT_FOUND`
 */
export function patchValue(elements: ElementStore, submodel: number, path: string, value: unknown): void {
  const element = parseRow(elements.requireRow(submodel, path));
  const store = (changed: JsonObject) => {
    elements.replaceOwn(submodel, path, checkModel({ ...element, ...changed }, 'SubmodelElement'));
  };
  switch (element['modelType']) {
    case 'Property':
      store({ value: scalar(element, path, value) });
      break;
    case 'Range':
      store(mapMembers(object(path, value, ['min', 'max']), (inner) => scalar(element, path, inner)));
      break;
    case 'MultiLanguageProperty':
      store({ value: languages(path, value) });
      break;
    case 'File':
    case 'Blob':
      store(object(path, value, ['contentType', 'value']));
      break;
    case 'ReferenceElement':
      store({ value });
      break;
    case 'RelationshipElement':
      store(object(path, value, ['first', 'second']));
      break;
    case 'BasicEventElement':
      store(object(path, value, ['observed']));
      break;
    case 'AnnotatedRelationshipElement': {
      const { annotations, ...own } = object(path, value, ['first', 'second', 'annotations']);
      if (annotations !== undefined) patchValues(elements, submodel, path, annotations);
      store(own);
      break;
    }
    case 'Entity': {
      const allowed = ['statements', 'entityType', 'globalAssetId', 'specificAssetIds'];
      const { statements, ...own } = object(path, value, allowed);
      if (statements !== undefined) patchValues(elements, submodel, path, statements);
      store(own);
      break;
    }
    case 'SubmodelElementCollection':
      patchValues(elements, submodel, path, value);
      break;
    case 'SubmodelElementList':
      patchList(elements, submodel, path, value);
      break;
    default:
      throw fault(path, `a ${String(element['modelType'])} has no value-only form`);
  }
}

/** Writes the values of the children below a path by idShort; the empty path is the submodel. */
export function patchValues(elements: ElementStore, submodel: number, path: string, values: unknown): void {
  if (!isObject(values)) throw fault(path, 'the value must be an object with a member for each idShort');
  for (const [idShort, value] of Object.entries(values)) {
    const childPath = joinPath(path, { idShort });
    // A name with dots or brackets must not reach beyond the children.
    if (elements.row(submodel, childPath)?.parent !== path)
      throw fault(childPath, 'there is no such element');
    patchValue(elements, submodel, childPath, value);
  }
}

function patchList(elements: ElementStore, submodel: number, path: string, values: unknown): void {
  const { length } = elements.children(submodel, path);
  if (!Array.isArray(values) || values.length !== length) {
    throw fault(path, `the value must be a list of ${length} entries, as many as are stored`);
  }
  values.forEach((value: unknown, index) => {
    // The value-only form has null where an entry has no value.
    if (value !== null) patchValue(elements, submodel, joinPath(path, { index }), value);
  });
}

function scalar(element: JsonObject, path: string, value: unknown): string {
  const text = valueFromJson(String(element['valueType']), value);
  if (text === undefined) throw fault(path, `the value is none of ${String(element['valueType'])}`);
  return text;
}

function languages(path: string, value: unknown): readonly JsonObject[] {
  if (!Array.isArray(value)) throw fault(path, 'the value must be a list of {"language": "text"}');
  return (value as readonly unknown[]).map((entry) => {
    const pair = isObject(entry) ? Object.entries(entry) : [];
    const [language, text] = pair[0] ?? [];
    if (pair.length !== 1 || typeof text !== 'string')
      throw fault(path, 'each entry must be {"language": "text"}');
    return { language, text };
  });
}

function object(path: string, value: unknown, allowed: readonly string[]): JsonObject {
  if (!isObject(value)) throw fault(path, 'the value must be an object');
  const unknown = Object.keys(value).find((member) => !allowed.includes(member));
  if (unknown !== undefined) throw fault(path, `the value has no member ${unknown}`);
  return value;
}

function mapMembers(value: JsonObject, change: (inner: unknown) => unknown): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([member, inner]) => [member, change(inner)]));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fault(path: string, message: string): CodedError {
  return new CodedError('E_INVALID_INPUT', `${path}: ${message}`, { faults: [{ path, message }] });
}
