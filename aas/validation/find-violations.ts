import { METAMODEL } from '../metamodel.ts';
import type { JsonObject } from '../model.ts';
import { ASSET_RULES } from './asset-rules.ts';
import { CONCEPT_RULES } from './concept-rules.ts';
import { ELEMENT_RULES } from './element-rules.ts';
import { ENVIRONMENT_RULES } from './environment-rules.ts';
import type { Finding } from './finding.ts';
import { REFERENCE_RULES } from './reference-rules.ts';
import type { Rule, Visit } from './rule.ts';
import { TEXT_RULES } from './text-rules.ts';
import { VERSION_RULES } from './version-rules.ts';

const RULES: readonly Rule[] = [
  ...ENVIRONMENT_RULES,
  ...TEXT_RULES,
  ...REFERENCE_RULES,
  ...ASSET_RULES,
  ...ELEMENT_RULES,
  ...CONCEPT_RULES,
  ...VERSION_RULES,
];

/** The rules of each class, sorted out once. */
const RULES_OF = new Map(
  Object.entries(METAMODEL).map(([type, members]) => [
    type,
    RULES.filter(({ on }) => ('types' in on ? on.types.includes(type) : Object.hasOwn(members, on.member))),
  ]),
);

/** The members of each class that hold objects, with the class of these. */
const OBJECTS_IN = new Map(
  Object.entries(METAMODEL).map(([type, members]) => [
    type,
    Object.entries(members)
      .map(([member, definition]) => ({ member, inner: definition.replace(/(\[\])?!?$/, '') }))
      .filter(({ inner }) => inner === 'SubmodelElement' || METAMODEL[inner] !== undefined),
  ]),
);

/**
 * Looks for what breaks the rules of the metamodel, in the order of the model. The structure must have been checked.
 * @param type class of the object, such as `Submodel` or `Environment`.
 * @param path where the object stands; paths of findings begin with it.
 */
export function* findViolations(object: JsonObject, type: string, path = ''): Generator<Finding> {
  const start = { object, type, member: '', inTemplate: false, inOperationVariable: false, inList: false };
  yield* findIn(start, path);
}

function* findIn(visit: Visit, path: string): Generator<Finding> {
  const { object, type } = visit;
  for (const { rule, severity = 'error', check } of RULES_OF.get(type) ?? []) {
    const wrong = check(visit);
    if (wrong === undefined) continue;
    const { at, message } = typeof wrong === 'string' ? { at: '', message: wrong } : wrong;
    yield { rule, severity, path: `${path}${at}`, message };
  }
  const inTemplate = visit.inTemplate || (type === 'Submodel' && object['kind'] === 'Template');
  const inOperationVariable = visit.inOperationVariable || type === 'OperationVariable';
  for (const { member, inner } of OBJECTS_IN.get(type) ?? []) {
    const value = object[member];
    if (typeof value !== 'object' || value === null) continue;
    const inList = type === 'SubmodelElementList' && member === 'value';
    const context = { member, inTemplate, inOperationVariable, inList };
    if (!Array.isArray(value)) yield* findIn({ ...context, ...classed(value, inner) }, `${path}/${member}`);
    else {
      for (const [index, item] of value.entries()) {
        yield* findIn({ ...context, ...classed(item, inner) }, `${path}/${member}/${index}`);
      }
    }
  }
}

function classed(value: unknown, type: string): Pick<Visit, 'object' | 'type'> {
  // The structure is checked before the rules: what stands in a member is an object of its class.
  const object = value as JsonObject;
  return { object, type: type === 'SubmodelElement' ? String(object['modelType']) : type };
}
