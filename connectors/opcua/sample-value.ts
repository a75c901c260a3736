import { DataType, type Variant } from 'node-opcua-client';
import type { Sample } from '../connector.ts';

/**
 * The value of a variant as a sample carries it: arrays of numbers as a Float32Array of its own, 64-bit integers as
 * numbers (exact up to 2^53), dates as milliseconds since 1970.
 * @returns undefined for null and for what is no number, text, truth value or array of numbers.
 */
export function sampleValue(variant: Variant): Sample['value'] | undefined {
  const value: unknown = variant.value;
  if (value === null || value === undefined) return undefined;
  if (variant.arrayType !== 0) return arrayValue(variant.dataType, value);
  if (isWide(variant.dataType)) return wideNumber(value, variant.dataType);
  switch (typeof value) {
    case 'number':
    case 'string':
    case 'boolean':
      return value;
    default:
  }
  if (value instanceof Date) return value.getTime();
  if (variant.dataType === DataType.LocalizedText && typeof value === 'object' && 'text' in value) {
    return typeof value.text === 'string' ? value.text : undefined;
  }
  return undefined;
}

function arrayValue(dataType: DataType, value: unknown): Float32Array | undefined {
  // A view on the received message: copied, or the message would stay in memory as long as the block does.
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    // Every view but DataView is an array of numbers here; OPC UA has no typed array of bigint in this library.
    return Float32Array.from(value as unknown as ArrayLike<number>);
  }
  if (!Array.isArray(value)) return undefined;
  const numbers = isWide(dataType) ? value.map((part) => wideNumber(part, dataType)) : value;
  return numbers.every((part): part is number => typeof part === 'number')
    ? Float32Array.from(numbers)
    : undefined;
}

function isWide(dataType: DataType): boolean {
  return dataType === DataType.UInt64 || dataType === DataType.Int64;
}

/** The library gives a 64-bit integer as its high and low 32 bits. */
function wideNumber(value: unknown, dataType: DataType): number | undefined {
  if (typeof value === 'number') return value;
  if (!Array.isArray(value)) return undefined;
  const [high, low] = value;
  if (typeof high !== 'number' || typeof low !== 'number') return undefined;
  return (dataType === DataType.Int64 ? high | 0 : high >>> 0) * 2 ** 32 + (low >>> 0);
}
