import type { JsonObject } from '../model.ts';
import {
  ELEMENT_KEYS,
  FRAGMENT_KEYS,
  GLOBAL_KEYS,
  IDENTIFIABLE_KEYS,
  KEY_TYPES,
  REFERABLE_KEYS,
} from './key-types.ts';
import { objectsIn, type Rule, type Visit } from './rule.ts';

const REFERENCES = { types: ['Reference'] };

interface Keys {
  readonly isModel: boolean;
  readonly types: readonly string[];
  readonly values: readonly string[];
}

/** A rule about the keys of a reference; one without keys is another rule's matter. */
function keyRule(rule: string, check: (keys: Keys) => string | undefined): Rule {
  return {
    rule,
    on: REFERENCES,
    check: ({ object }) => {
      const keys = objectsIn(object, 'keys');
      return keys.length === 0
        ? undefined
        : check({
            isModel: object['type'] === 'ModelReference',
            types: keys.map((key) => String(key['type'])),
            values: keys.map((key) => String(key['value'])),
          });
    },
  };
}

/** A rule that a member refers to something of a kind, by the type of the last key. */
function targetRule(
  types: readonly string[],
  member: string,
  targets: ReadonlySet<string>,
  what: string,
): Rule {
  return {
    rule: 'reference-target',
    on: { types },
    check: ({ object }: Visit) => {
      const value = object[member];
      const references = (Array.isArray(value) ? value : value === undefined ? [] : [value]) as JsonObject[];
      const index = references.findIndex(
        (reference) =>
          reference['type'] !== 'ModelReference' ||
          !targets.has(String(objectsIn(reference, 'keys').at(-1)?.['type'])),
      );
      if (index < 0) return undefined;
      return {
        at: Array.isArray(value) ? `/${member}/${index}` : `/${member}`,
        message: `must be a model reference to ${what}`,
      };
    },
  };
}

/** What holds for references (AASd-121 to 128) and for what some of them refer to. */
export const REFERENCE_RULES: readonly Rule[] = [
  keyRule('AASd-121', ({ types: [first = ''] }) =>
    GLOBAL_KEYS.has(first) ? undefined : `the first key must be globally identifiable, ${first} is not`,
  ),
  keyRule('AASd-122', ({ isModel, types: [first] }) =>
    isModel || first === 'GlobalReference'
      ? undefined
      : `the first key of an external reference must be a GlobalReference, not ${first}`,
  ),
  keyRule('AASd-123', ({ isModel, types: [first = ''] }) =>
    !isModel || IDENTIFIABLE_KEYS.has(first)
      ? undefined
      : `the first key of a model reference must be an identifiable, ${first} is not`,
  ),
  keyRule('AASd-124', ({ isModel, types }) =>
    isModel || ['GlobalReference', 'FragmentReference'].includes(types.at(-1) ?? '')
      ? undefined
      : 'the last key of an external reference must be a GlobalReference or a FragmentReference',
  ),
  keyRule('AASd-125', ({ isModel, types }) => {
    const other = types.slice(1).find((type) => !FRAGMENT_KEYS.has(type));
    return isModel && other !== undefined
      ? `the later keys of a model reference must be of submodel elements or fragments, ${other} is not`
      : undefined;
  }),
  keyRule('AASd-126', ({ isModel, types }) =>
    isModel && types.length > 1 && types.slice(0, -1).includes('FragmentReference')
      ? 'only the last key may be a FragmentReference'
      : undefined,
  ),
  keyRule('AASd-127', ({ isModel, types }) =>
    isModel &&
    types.length > 1 &&
    types.at(-1) === 'FragmentReference' &&
    !['File', 'Blob'].includes(types.at(-2) ?? '')
      ? 'a FragmentReference must follow a File or a Blob'
      : undefined,
  ),
  keyRule('AASd-128', ({ isModel, types, values }) => {
    const wrong = types.findIndex(
      (type, index) =>
        type === 'SubmodelElementList' &&
        index + 1 < values.length &&
        !/^\+?\d+$/.test(values[index + 1] ?? ''),
    );
    return isModel && types.length > 2 && wrong >= 0
      ? `the key after a SubmodelElementList must be an index, "${values[wrong + 1]}" is none`
      : undefined;
  }),
  {
    rule: 'key-type',
    on: { types: ['Key'] },
    check: ({ object }) =>
      KEY_TYPES.has(String(object['type']))
        ? undefined
        : { at: '/type', message: `${String(object['type'])} is not a type of keys` },
  },
  {
    rule: 'list-type',
    on: { types: ['SubmodelElementList'] },
    check: ({ object }) =>
      ELEMENT_KEYS.has(String(object['typeValueListElement']))
        ? undefined
        : { at: '/typeValueListElement', message: 'must be a type of submodel elements' },
  },
  targetRule(['AssetAdministrationShell'], 'submodels', new Set(['Submodel']), 'a submodel'),
  targetRule(['AssetAdministrationShell'], 'derivedFrom', new Set(['AssetAdministrationShell']), 'a shell'),
  targetRule(['BasicEventElement'], 'observed', REFERABLE_KEYS, 'a referable'),
  targetRule(['BasicEventElement'], 'messageBroker', REFERABLE_KEYS, 'a referable'),
];
