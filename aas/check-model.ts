import { CodedError, type Fault } from '../runtime/errors.ts';
import { childrenMember } from './children.ts';
import { DATA_TYPES, isValueOf } from './data-types.ts';
import { ELEMENT_TYPES, METAMODEL } from './metamodel.ts';
import type { JsonObject } from './model.ts';

/** The metamodel asks for 32 nested levels; each counts twice here. More is refused before it can exhaust the stack. */
const MAXIMUM_DEPTH = 200;
const LONGEST_IDENTIFIER = 2048;
const ID_SHORT = /^[a-zA-Z]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?$/;

/** Classes that a list may name for its entries although no element is just one; which fit is rule AASd-108. */
const ABSTRACT_TYPES = ['SubmodelElement', 'DataElement', 'EventElement'];

const text = (value: unknown): value is string => typeof value === 'string';

const PRIMITIVES: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  string: [text, 'text'],
  name: [(value) => text(value) && value !== '' && value.length <= 128, 'text of 1 to 128 characters'],
  identifier: [
    (value) => text(value) && value !== '' && value.length <= LONGEST_IDENTIFIER,
    `text of 1 to ${LONGEST_IDENTIFIER} characters`,
  ],
  // Package tools write empty ones for what is unknown; that breaks a rule, and is no matter of the structure.
  identifierOrEmpty: [
    (value) => text(value) && value.length <= LONGEST_IDENTIFIER,
    `text of at most ${LONGEST_IDENTIFIER} characters`,
  ],
  idShort: [(value) => text(value) && ID_SHORT.test(value) && value.length <= 128, 'an idShort'],
  boolean: [(value) => typeof value === 'boolean', 'true or false'],
  dataType: [(value) => text(value) && DATA_TYPES.includes(value), 'a value type such as xs:string'],
  base64: [(value) => text(value) && /^[A-Za-z0-9+/\s]*(=\s*){0,2}$/.test(value), 'base64'],
  object: [isObject, 'an object'],
};

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Checks the structure of metamodel JSON: types, required members, literals, values of their value type, unique
 * idShorts among siblings. Unknown members are left alone: newer versions of the metamodel add some.
 * @param modelType a class of the metamodel; `SubmodelElement` for any element.
 * @returns the same value, now known to be one.
 * @throws CodedError `E_INVALID_INPUT` with every fault and its path.
 */
export function checkModel(value: unknown, modelType: string): JsonObject {
  const faults: Fault[] = [];
  checkValue(value, modelType, '', 0, faults);
  if (faults.length > 0 || !isObject(value)) {
    const first = faults[0];
    const message = `not a valid ${modelType}: ${first?.path === '' ? '' : `${first?.path}: `}${first?.message}`;
    throw new CodedError('E_INVALID_INPUT', message, { faults });
  }
  return value;
}

function checkValue(value: unknown, type: string, path: string, depth: number, faults: Fault[]): void {
  if (depth > MAXIMUM_DEPTH) {
    faults.push({ path, message: `nested deeper than ${MAXIMUM_DEPTH / 2} levels` });
    return;
  }
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) faults.push({ path, message: 'must be a list' });
    else {
      const itemType = type.slice(0, -2);
      value.forEach((item, index) => {
        checkValue(item, itemType, `${path}/${index}`, depth + 1, faults);
      });
    }
    return;
  }
  const primitive = PRIMITIVES[type];
  if (primitive !== undefined) {
    if (!primitive[0](value)) faults.push({ path, message: `must be ${primitive[1]}` });
  } else if (type.includes('|')) {
    if (!text(value) || !type.split('|').includes(value)) {
      faults.push({ path, message: `must be one of ${type.split('|').join(', ')}` });
    }
  } else checkObject(value, type, path, depth, faults);
}

function checkObject(value: unknown, type: string, path: string, depth: number, faults: Fault[]): void {
  if (!isObject(value)) {
    faults.push({ path, message: 'must be an object' });
    return;
  }
  const modelType = value['modelType'];
  const isElement = type === 'SubmodelElement';
  if (isElement && !(text(modelType) && ELEMENT_TYPES.includes(modelType))) {
    faults.push({ path: `${path}/modelType`, message: `must be one of ${ELEMENT_TYPES.join(', ')}` });
    return;
  }
  if (!isElement && modelType !== undefined && modelType !== type) {
    faults.push({ path: `${path}/modelType`, message: `must be ${type}` });
    return;
  }
  const members = METAMODEL[isElement ? String(modelType) : type];
  if (members === undefined) throw new TypeError(`no class ${type} in the metamodel`);
  for (const [member, definition] of Object.entries(members)) {
    const required = definition.endsWith('!');
    const inner = value[member];
    if (inner !== undefined) {
      checkValue(
        inner,
        required ? definition.slice(0, -1) : definition,
        `${path}/${member}`,
        depth + 1,
        faults,
      );
    } else if (required) faults.push({ path: `${path}/${member}`, message: 'is required' });
  }
  checkTypedValues(value, path, faults);
  checkChildren(value, path, faults);
}

function checkTypedValues(value: JsonObject, path: string, faults: Fault[]): void {
  const valueType = value['valueType'];
  if (!text(valueType)) return;
  for (const member of ['value', 'min', 'max']) {
    const inner = value[member];
    // An empty text stands for "no value yet" in what many tools write.
    if (text(inner) && inner !== '' && DATA_TYPES.includes(valueType) && !isValueOf(valueType, inner)) {
      faults.push({
        path: `${path}/${member}`,
        message: `"${inner.slice(0, 40)}" is not a value of ${valueType}`,
      });
    }
  }
}

/** Children of a list are told apart by their index, all others by an idShort that is unique (AASd-117, AASd-022). */
function checkChildren(value: JsonObject, path: string, faults: Fault[]): void {
  const member = childrenMember(value['modelType']);
  if (member === undefined) return;
  const children: unknown = value[member];
  if (!Array.isArray(children)) return;
  const isList = value['modelType'] === 'SubmodelElementList';
  const seen = new Set<string>();
  children.forEach((child: unknown, index) => {
    if (!isObject(child)) return;
    const at = `${path}/${member}/${index}`;
    if (isList) {
      const wanted = value['typeValueListElement'];
      if (!ABSTRACT_TYPES.includes(String(wanted)) && child['modelType'] !== wanted) {
        faults.push({ path: `${at}/modelType`, message: `must be ${String(wanted)}, as the list says` });
      }
      return;
    }
    const idShort = child['idShort'];
    if (!text(idShort)) faults.push({ path: `${at}/idShort`, message: 'is required' });
    else if (seen.has(idShort))
      faults.push({ path: `${at}/idShort`, message: `"${idShort}" stands there twice` });
    else seen.add(idShort);
  });
}
