import { canonicalJson } from '../../runtime/canonical-json.ts';
import { CodedError, type Fault } from '../../runtime/errors.ts';
import { isInteger, isObject } from '../weights/fedshell-metadata.ts';
import { type Grid, gridOf } from './grid.ts';

/** A tensor of a sum and the grid its integers count in. */
export interface SummedTensor {
  readonly name: string;
  /** Elements. */
  readonly length: number;
  readonly grid: Grid;
}

/** One update within a sum. */
export interface SummedContribution {
  readonly participant: string;
  /** Of the update's file. */
  readonly sha256: string;
  /** A multiple of 2^-20. */
  readonly factor: number;
}

/** What a partial sum consists of. */
export interface PartialSumHeader {
  readonly tensors: readonly SummedTensor[];
  /** In the order of the participants' ids. */
  readonly contributions: readonly SummedContribution[];
}

/** Bytes of the JSON's length, a little-endian 32-bit integer after the magic word. */
const LENGTH_BYTES = 4;

/** The first bytes of a partial sum's file; the last one is the format's number. */
const MAGIC = [0x46, 0x53, 0x55, 0x01] as const;

/** Bytes before the JSON. */
export const PARTIAL_SUM_PREFIX_BYTES = MAGIC.length + LENGTH_BYTES;

/** Longest JSON that is read. */
const MAXIMUM_JSON_BYTES = 2 ** 28;

const SUM_BYTES = 8;

/**
 * The bytes before the sums, padded with spaces to a multiple of 16: the same ones for the same input. The sums follow as
 * little-endian 64-bit integers, tensor after tensor.
 */
export function encodePartialSumHeader({ tensors, contributions }: PartialSumHeader): Uint8Array {
  const json = new TextEncoder().encode(canonicalJson({ tensors, contributions }));
  const length = Math.ceil((PARTIAL_SUM_PREFIX_BYTES + json.length) / 16) * 16;
  const bytes = new Uint8Array(length).fill(0x20);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint32(MAGIC.length, length - PARTIAL_SUM_PREFIX_BYTES, true);
  bytes.set(json, PARTIAL_SUM_PREFIX_BYTES);
  return bytes;
}

/**
 * Bytes of the JSON.
 * @param prefix the file's first 8 bytes.
 * @throws CodedError `E_MALFORMED_PARTIAL_SUM`
 */
export function partialSumJsonBytes(prefix: Uint8Array): number {
  if (MAGIC.some((byte, index) => prefix[index] !== byte)) {
    throw malformed([{ path: '', message: 'it does not begin as a partial sum does' }]);
  }
  const bytes = new DataView(prefix.buffer, prefix.byteOffset).getUint32(MAGIC.length, true);
  if (bytes > MAXIMUM_JSON_BYTES)
    throw malformed([{ path: '', message: `its header claims ${bytes} bytes` }]);
  return bytes;
}

/** Reads and checks the JSON. @throws CodedError `E_MALFORMED_PARTIAL_SUM` with every fault. */
export function decodePartialSumHeader(json: Uint8Array): PartialSumHeader {
  const value = parse(json);
  const faults: Fault[] = [];
  const check = (holds: boolean, path: string, message: string): void => {
    if (!holds) faults.push({ path, message });
  };
  const { tensors, contributions } = value;
  check(Array.isArray(tensors) && tensors.every(isTensor), 'tensors', 'must be names, lengths and grids');
  check(
    Array.isArray(contributions) && contributions.every(isContribution),
    'contributions',
    'must be participants, sha256 and factors',
  );
  if (faults.length > 0) throw malformed(faults);
  // Checked just now.
  return value as unknown as PartialSumHeader;
}

/** Where each tensor's sums begin, and where the file ends. */
export function sumOffsets(
  headerBytes: number,
  tensors: readonly SummedTensor[],
): { byteOffsets: number[]; fileBytes: number } {
  let end = headerBytes;
  const byteOffsets = tensors.map(({ length }) => {
    const begin = end;
    end += length * SUM_BYTES;
    return begin;
  });
  return { byteOffsets, fileBytes: end };
}

/** @throws always: CodedError `E_MALFORMED_PARTIAL_SUM` */
export function malformed(faults: readonly Fault[]): CodedError {
  const message = `this is no partial sum: ${faults[0]?.path} ${faults[0]?.message}`;
  return new CodedError('E_MALFORMED_PARTIAL_SUM', message, { faults });
}

function parse(json: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(json));
    if (isObject(value)) return value;
  } catch {
    // The parser's message would quote what a stranger sent.
  }
  throw malformed([{ path: '', message: 'its header is no JSON object' }]);
}

function isTensor(value: unknown): boolean {
  if (!isObject(value) || typeof value['name'] !== 'string' || !isInteger(value['length'], 0)) return false;
  const grid = value['grid'];
  if (!isObject(grid)) return false;
  const { bound, maximumFactorSum } = grid;
  if (typeof bound !== 'number' || typeof maximumFactorSum !== 'number') return false;
  try {
    return gridOf('trainable', maximumFactorSum, bound).bound === bound;
  } catch {
    return false;
  }
}

function isContribution(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { participant, sha256, factor } = value;
  return (
    typeof participant === 'string' &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256) &&
    typeof factor === 'number' &&
    factor > 0 &&
    Number.isSafeInteger(factor * 2 ** 20)
  );
}
