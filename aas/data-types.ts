/** The value types of Properties and Ranges (IDTA-01001, DataTypeDefXsd): lexical form, and value-only JSON form. */

const INTEGER = /^[+-]?[0-9]+$/;
const DECIMAL = /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$/;
const FLOAT = /^([+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN)$/;
const ZONE = '(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?';
const DATE = '-?[0-9]{4,}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])';
const TIME = '([01][0-9]|2[0-4]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?';

const integerBetween = (lowest: bigint | undefined, highest: bigint | undefined) => (text: string) =>
  INTEGER.test(text) &&
  (lowest === undefined || BigInt(text.replace('+', '')) >= lowest) &&
  (highest === undefined || BigInt(text.replace('+', '')) <= highest);
const signed = (bits: bigint) => integerBetween(-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n);
const unsigned = (bits: bigint) => integerBetween(0n, 2n ** bits - 1n);
const pattern = (source: string) => (text: string) => new RegExp(`^${source}$`).test(text);

const NUMBERS: Readonly<Record<string, (text: string) => boolean>> = {
  'xs:decimal': (text) => DECIMAL.test(text),
  'xs:double': (text) => FLOAT.test(text),
  'xs:float': (text) => FLOAT.test(text),
  'xs:integer': integerBetween(undefined, undefined),
  'xs:long': signed(64n),
  'xs:int': signed(32n),
  'xs:short': signed(16n),
  'xs:byte': signed(8n),
  'xs:nonNegativeInteger': integerBetween(0n, undefined),
  'xs:positiveInteger': integerBetween(1n, undefined),
  'xs:nonPositiveInteger': integerBetween(undefined, 0n),
  'xs:negativeInteger': integerBetween(undefined, -1n),
  'xs:unsignedLong': unsigned(64n),
  'xs:unsignedInt': unsigned(32n),
  'xs:unsignedShort': unsigned(16n),
  'xs:unsignedByte': unsigned(8n),
};

const TEXTS: Readonly<Record<string, (text: string) => boolean>> = {
  'xs:string': () => true,
  'xs:anyURI': () => true,
  'xs:boolean': pattern('(true|false|0|1)'),
  'xs:dateTime': pattern(`${DATE}T${TIME}${ZONE}`),
  'xs:date': pattern(`${DATE}${ZONE}`),
  'xs:time': pattern(`${TIME}${ZONE}`),
  'xs:duration': pattern(
    '-?P(?=.)([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T(?=.)([0-9]+H)?([0-9]+M)?([0-9]+(\\.[0-9]+)?S)?)?',
  ),
  'xs:gYear': pattern(`-?[0-9]{4,}${ZONE}`),
  'xs:gYearMonth': pattern(`-?[0-9]{4,}-(0[1-9]|1[0-2])${ZONE}`),
  'xs:gMonth': pattern(`--(0[1-9]|1[0-2])${ZONE}`),
  'xs:gMonthDay': pattern(`--(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])${ZONE}`),
  'xs:gDay': pattern(`---(0[1-9]|[12][0-9]|3[01])${ZONE}`),
  'xs:hexBinary': pattern('([0-9a-fA-F]{2})*'),
  'xs:base64Binary': pattern('[A-Za-z0-9+/=\\s]*'),
};

/** All value types of the metamodel. */
export const DATA_TYPES: readonly string[] = [...Object.keys(NUMBERS), ...Object.keys(TEXTS)];

/** Whether `text` is a value of the type. */
export function isValueOf(valueType: string, text: string): boolean {
  return (NUMBERS[valueType] ?? TEXTS[valueType] ?? (() => false))(text);
}

/**
 * The value-only form of a value: a number, a boolean or text (IDTA-01002, ValueOnly). NaN and INF, which JSON cannot
 * express, stay text; integers beyond 2^53 lose precision as the specification accepts.
 */
export function valueToJson(valueType: string, text: string): string | number | boolean {
  if (valueType === 'xs:boolean') return text === 'true' || text === '1';
  if (NUMBERS[valueType] === undefined || text === '') return text;
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

/** The lexical form of a value-only value; undefined if it is none of the type. */
export function valueFromJson(valueType: string, json: unknown): string | undefined {
  if (!['string', 'number', 'boolean'].includes(typeof json)) return undefined;
  const text = String(json);
  return isValueOf(valueType, text) ? text : undefined;
}
