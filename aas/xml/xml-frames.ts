import { ELEMENT_TYPES, METAMODEL } from '../metamodel.ts';
import type { JsonObject } from '../model.ts';
import { isDiscriminated, itemNameOf, xmlNameOf } from './xml-names.ts';

/**
 * What an open XML element stands for while it is read: an object whose members are its elements, a list, a place for
 * one object that names its own class, the text of a value, or something unknown that is skipped.
 */
export type XmlFrame =
  | {
      readonly kind: 'object';
      readonly segment: string;
      readonly type: string;
      readonly object: Record<string, unknown>;
    }
  | {
      readonly kind: 'list';
      readonly segment: string;
      readonly itemType: string;
      /** Whether the member must be there, even without entries. */
      readonly required: boolean;
      readonly items: unknown[];
    }
  | { readonly kind: 'choice'; readonly segment: string; readonly type: string; value?: unknown }
  | { readonly kind: 'text'; readonly segment: string; readonly type: string; text: string }
  | { readonly kind: 'skipped'; readonly segment: string };

const CLASS_BY_ELEMENT = new Map(ELEMENT_TYPES.map((modelType) => [xmlNameOf(modelType), modelType]));

/** Classes whose JSON carries `modelType`. */
const WITH_MODEL_TYPE = new Set([
  ...ELEMENT_TYPES,
  'AssetAdministrationShell',
  'Submodel',
  'ConceptDescription',
  'DataSpecificationIec61360',
]);

function objectFrame(segment: string, type: string): XmlFrame {
  return { kind: 'object', segment, type, object: WITH_MODEL_TYPE.has(type) ? { modelType: type } : {} };
}

/** The frame of a member of an object; undefined if the class has no such member. */
export function memberFrame(parentType: string, member: string): XmlFrame | undefined {
  const members = METAMODEL[parentType];
  // The name comes from outside: it must not reach what every object has, such as `constructor`.
  const definition = members !== undefined && Object.hasOwn(members, member) ? members[member] : undefined;
  if (definition === undefined) return undefined;
  const type = definition.replace(/!$/, '');
  if (type.endsWith('[]')) {
    const required = definition.endsWith('!');
    return { kind: 'list', segment: member, itemType: type.slice(0, -2), required, items: [] };
  }
  if (isDiscriminated(type)) return { kind: 'choice', segment: member, type };
  if (METAMODEL[type] !== undefined) return objectFrame(member, type);
  return { kind: 'text', segment: member, type, text: '' };
}

/** The frame of an entry of a list or a choice by its element's name; undefined if it does not belong there. */
export function entryFrame(
  type: string,
  member: string,
  name: string,
  segment: string,
): XmlFrame | undefined {
  if (type === 'SubmodelElement') {
    const modelType = CLASS_BY_ELEMENT.get(name);
    return modelType === undefined ? undefined : objectFrame(segment, modelType);
  }
  return name === itemNameOf(member, type) ? objectFrame(segment, type) : undefined;
}

/**
 * The JSON value of a closed frame; undefined for what JSON leaves out. Texts stay as they are, since blanks may mean
 * something; those of a fixed form lose the blanks around them.
 */
export function valueOfFrame(frame: XmlFrame): unknown {
  switch (frame.kind) {
    case 'object':
      return frame.object satisfies JsonObject;
    case 'list':
      return frame.items.length === 0 && !frame.required ? undefined : frame.items;
    case 'choice':
      return frame.value;
    case 'text':
      return textValue(frame.type, frame.text);
    case 'skipped':
      return undefined;
  }
}

function textValue(type: string, text: string): unknown {
  if (type === 'base64') return text.replace(/\s/g, '');
  if (type !== 'boolean' && type !== 'dataType' && !type.includes('|')) return text;
  const trimmed = text.trim();
  if (type !== 'boolean') return trimmed;
  if (trimmed === 'true' || trimmed === '1') return true;
  // What is neither stays text, and the check of the structure refuses it.
  return trimmed === 'false' || trimmed === '0' ? false : trimmed;
}
