import { isValueOf } from '../data-types.ts';
import type { JsonObject, Reference } from '../model.ts';
import { referenceText } from '../references.ts';
import { firstRepeated, objectIn, objectsIn, type Rule } from './rule.ts';

const DATA_ELEMENTS = ['Property', 'MultiLanguageProperty', 'Range', 'File', 'Blob', 'ReferenceElement'];
const CATEGORIES = ['CONSTANT', 'PARAMETER', 'VARIABLE'];
const LISTS = { types: ['SubmodelElementList'] };

/** Which classes an abstract class of elements stands for. */
const SUBCLASSES: Readonly<Record<string, readonly string[] | undefined>> = {
  DataElement: DATA_ELEMENTS,
  EventElement: ['BasicEventElement'],
  RelationshipElement: ['RelationshipElement', 'AnnotatedRelationshipElement'],
};

const meaning = (object: JsonObject, member: string): string | undefined => {
  const reference = objectIn(object, member);
  // The structure is checked before the rules: the member is a reference.
  return reference === undefined ? undefined : referenceText(reference as unknown as Reference);
};

const isTemplateQualified = (object: JsonObject): boolean =>
  objectsIn(object, 'qualifiers').some(({ kind }) => kind === 'TemplateQualifier');

/** A rule for the entries of a list: the first entry for which `wrong` says something. */
function entryRule(rule: string, wrong: (entry: JsonObject, list: JsonObject) => string | undefined): Rule {
  return {
    rule,
    on: LISTS,
    check: ({ object }) => {
      for (const [index, entry] of objectsIn(object, 'value').entries()) {
        const message = wrong(entry, object);
        if (message !== undefined) return { at: `/value/${index}`, message };
      }
      return undefined;
    },
  };
}

/** What holds for submodel elements, their qualifiers, extensions and semanticIds. */
export const ELEMENT_RULES: readonly Rule[] = [
  {
    rule: 'AASd-020',
    on: { types: ['Qualifier', 'Extension'] },
    check: ({ object: { value, valueType = 'xs:string' } }) =>
      typeof value !== 'string' || isValueOf(String(valueType), value)
        ? undefined
        : { at: '/value', message: `"${value.slice(0, 40)}" is not a value of ${String(valueType)}` },
  },
  {
    rule: 'value-type',
    on: { types: ['Property', 'Range'] },
    check: ({ object }) => {
      const member = ['value', 'min', 'max'].find((name) => {
        const value = object[name];
        return typeof value === 'string' && !isValueOf(String(object['valueType']), value);
      });
      return member === undefined
        ? undefined
        : { at: `/${member}`, message: `must be a value of ${String(object['valueType'])}` };
    },
  },
  {
    rule: 'AASd-021',
    on: { member: 'qualifiers' },
    check: ({ object }) => {
      const index = firstRepeated(objectsIn(object, 'qualifiers'), ({ type }) => type);
      return index === undefined
        ? undefined
        : { at: `/qualifiers/${index}`, message: 'another qualifier has the same type' };
    },
  },
  {
    rule: 'AASd-077',
    on: { member: 'extensions' },
    check: ({ object }) => {
      const index = firstRepeated(objectsIn(object, 'extensions'), ({ name }) => name);
      return index === undefined
        ? undefined
        : { at: `/extensions/${index}`, message: 'another extension has the same name' };
    },
  },
  {
    rule: 'AASd-090',
    on: { types: DATA_ELEMENTS },
    severity: 'warning',
    check: ({ object: { category } }) =>
      category === undefined || CATEGORIES.includes(String(category))
        ? undefined
        : { at: '/category', message: `metamodel 3.0 has only the categories ${CATEGORIES.join(', ')}` },
  },
  entryRule('AASd-107', (entry, list) => {
    const wanted = meaning(list, 'semanticIdListElement');
    const own = meaning(entry, 'semanticId');
    return wanted === undefined || own === undefined || own === wanted
      ? undefined
      : 'its semanticId must be the semanticIdListElement of the list';
  }),
  entryRule('AASd-108', (entry, list) => {
    const wanted = String(list['typeValueListElement']);
    if (wanted === 'SubmodelElement') return undefined;
    return (SUBCLASSES[wanted] ?? [wanted]).includes(String(entry['modelType']))
      ? undefined
      : `must be a ${wanted}, as the list says`;
  }),
  {
    rule: 'AASd-109',
    on: LISTS,
    check: ({ object }) => {
      const type = object['typeValueListElement'];
      if (type !== 'Property' && type !== 'Range') return undefined;
      const valueType = object['valueTypeListElement'];
      if (valueType === undefined) return `a list of ${type} needs a valueTypeListElement`;
      const index = objectsIn(object, 'value').findIndex((entry) => entry['valueType'] !== valueType);
      return index < 0
        ? undefined
        : { at: `/value/${index}`, message: `must have the value type ${String(valueType)} of the list` };
    },
  },
  {
    rule: 'AASd-114',
    on: LISTS,
    check: ({ object }) => {
      const entries = objectsIn(object, 'value');
      const first = entries.map((entry) => meaning(entry, 'semanticId')).find((id) => id !== undefined);
      const index = entries.findIndex((entry) => (meaning(entry, 'semanticId') ?? first) !== first);
      return index < 0
        ? undefined
        : { at: `/value/${index}`, message: 'the entries of a list must have the same semanticId' };
    },
  },
  {
    rule: 'AASd-118',
    on: { member: 'supplementalSemanticIds' },
    check: ({ object }) =>
      object['supplementalSemanticIds'] !== undefined && object['semanticId'] === undefined
        ? 'supplementalSemanticIds need a semanticId'
        : undefined,
  },
  {
    rule: 'AASd-119',
    on: { types: ['Submodel'] },
    check: ({ object }) =>
      isTemplateQualified(object) && object['kind'] !== 'Template'
        ? 'a TemplateQualifier belongs only to a submodel of the kind Template'
        : undefined,
  },
  {
    rule: 'AASd-120',
    on: { member: 'idShort' },
    severity: 'warning',
    check: ({ object, inList }) =>
      inList && object['idShort'] !== undefined
        ? { at: '/idShort', message: 'metamodel 3.0 allows no idShort for the entries of a list' }
        : undefined,
  },
  {
    rule: 'AASd-129',
    on: { member: 'qualifiers' },
    check: ({ object, type, inTemplate, inOperationVariable }) =>
      type !== 'Submodel' && isTemplateQualified(object) && !inTemplate && !inOperationVariable
        ? 'a TemplateQualifier belongs only into a submodel of the kind Template'
        : undefined,
  },
  {
    rule: 'AASd-117',
    on: { types: ['OperationVariable'] },
    check: ({ object }) =>
      objectIn(object, 'value')?.['idShort'] === undefined
        ? { at: '/value', message: 'the value of a variable needs an idShort' }
        : undefined,
  },
  {
    rule: 'AASd-134',
    on: { types: ['Operation'] },
    check: ({ object }) => {
      const variables = ['inputVariables', 'outputVariables', 'inoutputVariables'].flatMap((member) =>
        objectsIn(object, member).map((variable, index) => ({ at: `/${member}/${index}`, variable })),
      );
      const named = variables.filter(
        ({ variable }) => objectIn(variable, 'value')?.['idShort'] !== undefined,
      );
      const index = firstRepeated(named, ({ variable }) => objectIn(variable, 'value')?.['idShort']);
      return index === undefined
        ? undefined
        : { at: named[index]?.at ?? '', message: 'another variable of the operation has the same idShort' };
    },
  },
  {
    rule: 'event-interval',
    on: { types: ['BasicEventElement'] },
    check: ({ object }) =>
      object['direction'] === 'input' && object['maxInterval'] !== undefined
        ? { at: '/maxInterval', message: 'does not apply to the direction input' }
        : undefined,
  },
  {
    rule: 'annotation-type',
    on: { types: ['AnnotatedRelationshipElement'] },
    check: ({ object }) => {
      const index = objectsIn(object, 'annotations').findIndex(
        ({ modelType }) => !DATA_ELEMENTS.includes(String(modelType)),
      );
      return index < 0
        ? undefined
        : { at: `/annotations/${index}`, message: 'an annotation must be a data element' };
    },
  },
];
