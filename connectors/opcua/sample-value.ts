import { DataType, type Variant } from 'node-opcua-client';
import type { NumberArray, Sample } from '../connector.ts';

/** What turns the value of a node into the value of a signal. */
export interface Conversion {
  /** Field of a structure, with dots into inner ones. */
  readonly field?: string;
  /** The value is raw · scale + offset. */
  readonly scale?: number;
  readonly offset?: number;
}

type WideArray = BigInt64Array | BigUint64Array;

/**
 * The value of a variant as a sample carries it: numbers and arrays of numbers in their own type, with bytes of their
 * own; 64-bit integers as numbers where exact, else as bigint; dates as milliseconds since 1970.
 * @returns undefined for null and for what is no number, text, truth value or array of numbers.
 */
export function sampleValue(variant: Variant, conversion?: Conversion): Sample['value'] | undefined {
  const value: unknown = variant.value;
  if (value === null || value === undefined) return undefined;
  if (conversion === undefined) return plainValue(variant.dataType, variant.arrayType !== 0, value);
  const { field } = conversion;
  const raw =
    field === undefined
      ? plainValue(variant.dataType, variant.arrayType !== 0, value)
      : fieldValue(field.split('.'), value);
  return raw === undefined ? undefined : scaled(raw, conversion);
}

/** Bytes that a value takes, about. */
export function valueBytes(value: unknown): number {
  if (typeof value === 'string') return 2 * value.length;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (Array.isArray(value)) return value.reduce((sum: number, part) => sum + valueBytes(part), 0);
  return 8;
}

function plainValue(dataType: DataType, isArray: boolean, value: unknown): Sample['value'] | undefined {
  if (isArray) return arrayValue(dataType, value);
  switch (typeof value) {
    case 'number':
    case 'string':
    case 'boolean':
      return value;
    case 'object':
      break;
    default:
      return undefined;
  }
  if (isWide(dataType)) return wideNumber(value, dataType);
  if (value instanceof Date) return value.getTime();
  if (dataType === DataType.LocalizedText && value !== null && 'text' in value) {
    return typeof value.text === 'string' ? value.text : undefined;
  }
  return undefined;
}

function fieldValue(path: readonly string[], structure: unknown): Sample['value'] | undefined {
  let value = structure;
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = memberOf(value, name);
  }
  if (Array.isArray(value)) return arrayValue(DataType.Null, value);
  return plainValue(DataType.Null, ArrayBuffer.isView(value), value);
}

/** The library begins the names of fields with a small letter, whatever the type's definition says. */
function memberOf(value: object, name: string): unknown {
  const candidates = [name, name.charAt(0).toLowerCase() + name.slice(1)];
  const found = candidates.find((candidate) => candidate in value);
  return found === undefined ? undefined : Reflect.get(value, found);
}

const COPY: Readonly<Record<string, (view: ArrayBufferView) => NumberArray>> = Object.fromEntries(
  [
    Float32Array,
    Float64Array,
    Int8Array,
    Uint8Array,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    BigInt64Array,
    BigUint64Array,
  ].map((type) => [
    type.name,
    // The key is the view's own type, so that its elements fit.
    (view: ArrayBufferView) => new type(view as never) as NumberArray,
  ]),
);

function arrayValue(dataType: DataType, value: unknown): NumberArray | undefined {
  if (ArrayBuffer.isView(value)) {
    // A view on the received message: copied, or the message would stay in memory as long as the block does.
    if (Buffer.isBuffer(value)) return Uint8Array.from(value);
    return COPY[value.constructor.name]?.(value);
  }
  if (!Array.isArray(value)) return undefined;
  if (isWide(dataType)) return wideArray(dataType, value);
  return value.every((part): part is number => typeof part === 'number')
    ? Float64Array.from(value)
    : undefined;
}

function wideArray(dataType: DataType, value: readonly unknown[]): WideArray | undefined {
  const numbers = value.map((part) => wideInteger(part, dataType));
  if (!numbers.every((part): part is bigint => part !== undefined)) return undefined;
  return dataType === DataType.Int64 ? BigInt64Array.from(numbers) : BigUint64Array.from(numbers);
}

function isWide(dataType: DataType): boolean {
  return dataType === DataType.UInt64 || dataType === DataType.Int64;
}

function wideNumber(value: unknown, dataType: DataType): number | bigint | undefined {
  const integer = wideInteger(value, dataType);
  if (integer === undefined) return undefined;
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}

/** The library gives a 64-bit integer as its high and low 32 bits. */
function wideInteger(value: unknown, dataType: DataType): bigint | undefined {
  if (!Array.isArray(value)) return undefined;
  const [high, low] = value;
  if (typeof high !== 'number' || typeof low !== 'number') return undefined;
  const unsigned = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  return dataType === DataType.Int64 ? BigInt.asIntN(64, unsigned) : unsigned;
}

function scaled(value: Sample['value'], { scale = 1, offset = 0 }: Conversion): Sample['value'] {
  if (scale === 1 && offset === 0) return value;
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value) * scale + offset;
  if (typeof value !== 'object') return value;
  if (value instanceof Float32Array) return value.map((part) => part * scale + offset);
  return Float64Array.from(value as ArrayLike<number | bigint>, (part) => Number(part) * scale + offset);
}
