import type { NumberArray, Quality } from '../connector.ts';

/**
 * A segment file: a header (magic, number of the segment, time of its begin), then frames. A frame is one delivery: a
 * head of 24 bytes (length of the records, CRC-32 of all that follows it, number of records, 0, time of writing), then
 * records. A record is a head of 8 bytes (tag, quality, 0, number of the signal or length of a text), a float64 (time,
 * or the epoch of a signal that is named) and its value. All of it is little-endian and in units of 8 bytes, so that it
 * is written and read through typed arrays.
 */

/** First bytes of a segment file; the last is the version of the format. */
export const SEGMENT_MAGIC = 'FSSTORE1';
export const SEGMENT_HEADER_BYTES = 24;
export const FRAME_HEAD_BYTES = 24;
/** Of a frame's head: the CRC covers what comes after it. */
export const CRC_BEGIN = 8;
/** What a record has besides its value. */
export const RECORD_HEAD_BYTES = 16;
/** More than any frame: a length beyond it is none. */
export const MAXIMUM_FRAME_BYTES = 2 ** 30;

/** Tags of records. */
export const TAG = {
  /** Names the next signal of the segment: a text, with its epoch where others have a time. */
  signal: 1,
  /** A row of the gap ledger as JSON. */
  gap: 2,
  number: 3,
  false: 4,
  true: 5,
  text: 6,
  signedBigint: 7,
  unsignedBigint: 8,
} as const;

/** Tag of the first of `ARRAY_TYPES`; the others follow. */
export const FIRST_ARRAY_TAG = 16;

/** Array types in the order of their tags. */
export const ARRAY_TYPES: readonly {
  readonly name: string;
  readonly bytesPerElement: number;
  /** Makes one of bytes of its own. */
  make(bytes: ArrayBuffer): NumberArray;
}[] = [
  { name: 'Float32Array', bytesPerElement: 4, make: (bytes) => new Float32Array(bytes) },
  { name: 'Float64Array', bytesPerElement: 8, make: (bytes) => new Float64Array(bytes) },
  { name: 'Int8Array', bytesPerElement: 1, make: (bytes) => new Int8Array(bytes) },
  { name: 'Uint8Array', bytesPerElement: 1, make: (bytes) => new Uint8Array(bytes) },
  { name: 'Int16Array', bytesPerElement: 2, make: (bytes) => new Int16Array(bytes) },
  { name: 'Uint16Array', bytesPerElement: 2, make: (bytes) => new Uint16Array(bytes) },
  { name: 'Int32Array', bytesPerElement: 4, make: (bytes) => new Int32Array(bytes) },
  { name: 'Uint32Array', bytesPerElement: 4, make: (bytes) => new Uint32Array(bytes) },
  { name: 'BigInt64Array', bytesPerElement: 8, make: (bytes) => new BigInt64Array(bytes) },
  { name: 'BigUint64Array', bytesPerElement: 8, make: (bytes) => new BigUint64Array(bytes) },
];

/** Qualities in the order of their numbers. */
export const QUALITIES: readonly Quality[] = ['good', 'uncertain', 'bad'];

/** `bytes` rounded up to the format's unit. */
export function padded(bytes: number): number {
  return (bytes + 7) & ~7;
}
