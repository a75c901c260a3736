import type { JsonObject } from '../model.ts';
import { objectIn, objectsIn, type Rule } from './rule.ts';

const CONTENT = { types: ['DataSpecificationIec61360'] };
const CONCEPTS = { types: ['ConceptDescription'] };

/** Data types that need a unit. */
const MEASURED = ['INTEGER_MEASURE', 'REAL_MEASURE', 'RATIONAL_MEASURE', 'INTEGER_CURRENCY', 'REAL_CURRENCY'];

const OF_REFERENCES = ['STRING', 'IRI', 'IRDI'];
const OF_DOCUMENTS = ['FILE', 'BLOB', 'HTML'];
const OF_VALUES = [
  ...[
    'DATE',
    'STRING',
    'STRING_TRANSLATABLE',
    'BOOLEAN',
    'RATIONAL',
    'RATIONAL_MEASURE',
    'TIME',
    'TIMESTAMP',
  ],
  ...['INTEGER_MEASURE', 'INTEGER_COUNT', 'INTEGER_CURRENCY', 'REAL_MEASURE', 'REAL_COUNT', 'REAL_CURRENCY'],
];

const isEnglish = ({ language }: JsonObject): boolean => /^en(-|$)/i.test(String(language));

/** The IEC 61360 contents of a concept description, with their places. */
function contentsOf(concept: JsonObject): readonly { readonly at: string; readonly content: JsonObject }[] {
  return objectsIn(concept, 'embeddedDataSpecifications').flatMap((embedded, index) => {
    const content = objectIn(embedded, 'dataSpecificationContent');
    const at = `/embeddedDataSpecifications/${index}/dataSpecificationContent`;
    return content === undefined ? [] : [{ at, content }];
  });
}

/** A rule for the IEC 61360 contents of concept descriptions of some categories. */
function contentRule(
  rule: string,
  categories: readonly string[] | undefined,
  message: string,
  isRight: (content: JsonObject) => boolean,
): Rule {
  return {
    rule,
    on: CONCEPTS,
    check: ({ object }) => {
      if (categories !== undefined && !categories.includes(String(object['category']))) return undefined;
      const wrong = contentsOf(object).find(({ content }) => !isRight(content));
      return wrong === undefined ? undefined : { at: wrong.at, message };
    },
  };
}

const hasDataType = (allowed: readonly string[]) => (content: JsonObject) =>
  allowed.includes(String(content['dataType']));

/** What holds for concept descriptions (IDTA-01003-a). */
export const CONCEPT_RULES: readonly Rule[] = [
  {
    rule: 'AASc-3a-002',
    on: CONTENT,
    check: ({ object }) =>
      objectsIn(object, 'preferredName').some(isEnglish)
        ? undefined
        : { at: '/preferredName', message: 'must be there at least in English' },
  },
  contentRule(
    'AASc-3a-004',
    ['PROPERTY', 'VALUE'],
    'the category PROPERTY or VALUE needs the data type of a value',
    hasDataType(OF_VALUES),
  ),
  contentRule(
    'AASc-3a-005',
    ['REFERENCE'],
    'the category REFERENCE needs a data type STRING, IRI or IRDI',
    hasDataType(OF_REFERENCES),
  ),
  contentRule(
    'AASc-3a-006',
    ['DOCUMENT'],
    'the category DOCUMENT needs a data type FILE, BLOB or HTML',
    hasDataType(OF_DOCUMENTS),
  ),
  contentRule(
    'AASc-3a-007',
    ['QUALIFIER_TYPE'],
    'the category QUALIFIER_TYPE needs a data type',
    (content) => content['dataType'] !== undefined,
  ),
  contentRule(
    'AASc-3a-008',
    undefined,
    'a definition is needed at least in English unless a value is described',
    (content) => content['value'] !== undefined || objectsIn(content, 'definition').some(isEnglish),
  ),
  {
    rule: 'AASc-3a-009',
    on: CONTENT,
    check: ({ object }) =>
      MEASURED.includes(String(object['dataType'])) &&
      object['unit'] === undefined &&
      object['unitId'] === undefined
        ? `the data type ${String(object['dataType'])} needs a unit or a unitId`
        : undefined,
  },
  {
    rule: 'AASc-3a-010',
    on: CONTENT,
    check: ({ object }) =>
      object['value'] !== undefined && object['valueList'] !== undefined
        ? 'only one of value and valueList may be there'
        : undefined,
  },
];
