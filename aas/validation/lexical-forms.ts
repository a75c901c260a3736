import { isValueOf } from '../data-types.ts';

/** The form that the text of a member must have, beyond what the structure demands. */
interface LexicalForm {
  readonly longest?: number;
  /** Whether the text has the form. */
  readonly matches?: (text: string) => boolean;
  /** How a right one looks, for the message. */
  readonly form?: string;
}

const pattern = (expression: RegExp) => (text: string) => expression.test(text);

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const MIME_TYPE = new RegExp(`^${TOKEN}/${TOKEN}([ \\t]*;[ \\t]*${TOKEN}=(${TOKEN}|"([^"\\\\]|\\\\.)*"))*$`);
const LANGUAGE_TAG = /^([a-zA-Z]{2,8}|[xXiI])(-[a-zA-Z0-9]{1,8})*$/;
/** The characters of RFC 2396; a percent sign begins an escape, and there is one fragment at most. */
const URI =
  /^([a-zA-Z0-9\-_.!~*'();/?:@&=+$,]|%[0-9a-fA-F]{2})*(#([a-zA-Z0-9\-_.!~*'();/?:@&=+$,]|%[0-9a-fA-F]{2})*)?$/;

const NUMBER: LexicalForm = {
  longest: 4,
  matches: pattern(/^(0|[1-9][0-9]*)$/),
  form: 'a whole number without leading zeros',
};
const CONTENT_TYPE: LexicalForm = {
  longest: 128,
  matches: pattern(MIME_TYPE),
  form: 'a content type (RFC 2046)',
};
const PATH: LexicalForm = {
  longest: 2048,
  matches: (text) => text !== '' && URI.test(text),
  form: 'a URI (RFC 2396), its other characters percent-encoded',
};
const NOT_EMPTY: LexicalForm = { matches: (text) => text !== '', form: 'at least one character' };
const DURATION: LexicalForm = { matches: (text) => isValueOf('xs:duration', text), form: 'an xs:duration' };

/** By class and member. A `*` stands for every class. */
export const LEXICAL_FORMS: Readonly<Record<string, LexicalForm>> = {
  '*.category': { ...NOT_EMPTY, longest: 128 },
  '*.contentType': CONTENT_TYPE,
  '*.globalAssetId': NOT_EMPTY,
  'AssetInformation.assetType': NOT_EMPTY,
  'AdministrativeInformation.templateId': NOT_EMPTY,
  'Key.value': NOT_EMPTY,
  'AdministrativeInformation.version': NUMBER,
  'AdministrativeInformation.revision': NUMBER,
  'SpecificAssetId.name': { longest: 64 },
  'File.value': PATH,
  'Resource.path': PATH,
  'LangString.language': { matches: pattern(LANGUAGE_TAG), form: 'a language tag (BCP 47)' },
  'LangString.text': NOT_EMPTY,
  'BasicEventElement.messageTopic': { ...NOT_EMPTY, longest: 255 },
  'BasicEventElement.lastUpdate': {
    matches: (text) => isValueOf('xs:dateTime', text) && /(Z|[+-]00:00)$/.test(text),
    form: 'an xs:dateTime in UTC',
  },
  'BasicEventElement.minInterval': DURATION,
  'BasicEventElement.maxInterval': DURATION,
  'DataSpecificationIec61360.unit': NOT_EMPTY,
  'DataSpecificationIec61360.sourceOfDefinition': NOT_EMPTY,
  'DataSpecificationIec61360.symbol': NOT_EMPTY,
  'DataSpecificationIec61360.valueFormat': NOT_EMPTY,
  'DataSpecificationIec61360.value': { ...NOT_EMPTY, longest: 2048 },
  'ValueReferencePair.value': { ...NOT_EMPTY, longest: 2048 },
};

/** The longest language string by the member it stands in. */
export const LONGEST_LANG_STRINGS: Readonly<Record<string, number>> = {
  displayName: 128,
  description: 1023,
  preferredName: 255,
  shortName: 18,
  definition: 1023,
};
