import { canonicalJson } from '../runtime/canonical-json.ts';
import { CodedError, type ErrorCode, type Fault } from '../runtime/errors.ts';
import type { Codec } from './compression/codec.ts';
import type { Strategy } from './strategies/strategy.ts';
import { readUpdateHeader, type TensorRole, type UpdateHeader } from './update-header.ts';
import { layoutFaults } from './update-layout.ts';
import type { SafetensorsHeader } from './weights/safetensors-header.ts';
import { streamSafetensors } from './weights/stream-safetensors.ts';
import { areFinite, type TensorPiece, type TensorSpec } from './weights/tensor.ts';

/** The part of an update that every strategy has: trained weights minus base weights. */
export const DELTA_PART = 'delta';

/** For the contribution key and the scalars. */
const HEADER_BYTES = 65_536;

/** For a tensor's entry and its role. */
const HEADER_BYTES_PER_TENSOR = 2048;

/** What a federation's pipeline does to deltas. */
export interface ExpectedCompression {
  readonly codec: Codec;
  /** Of the tensors that it compresses. */
  readonly roles: readonly TensorRole[];
}

/** What an update must be to count, known before its first byte comes. */
export interface ExpectedUpdate {
  readonly run: string;
  readonly round: number;
  readonly roundAttempt: number;
  readonly participant: string;
  /** Versions that it may have begun from. */
  readonly baseSha256: string | readonly string[];
  /** The strategy's; each holds every tensor of the base version that is sent, `control` the trainable ones. */
  readonly parts: readonly string[];
  /** Those of the base version. */
  readonly tensors: readonly TensorSpec[];
  /** The strategy's: which tensors stay with the participant. */
  readonly isLocal?: Strategy['isLocal'];
  /** How the delta's tensors of some roles are compressed; absent where all stand as they are. */
  readonly compression?: ExpectedCompression | undefined;
  /** Train examples that the participant can have at most. */
  readonly maximumExampleCount: number;
  /** L2 norm that the values of a part may have together. */
  readonly maximumNorm: number;
  /** Magnitude that a value may have, by the role of its tensor; beyond it no sum's grid reaches. */
  readonly largest: Readonly<Record<Exclude<TensorRole, 'local'>, number>>;
}

/**
 * Checks an update as its bytes come, in constant memory: format, key, base version, tensors, shapes, finite values.
 * Nothing of it is used in arithmetic before this has returned.
 * @throws CodedError with every fault: `E_UPDATE_TRUNCATED`, `E_UPDATE_MALFORMED`, `E_UPDATE_BASE`, `E_UPDATE_SHAPES`,
 * `E_UPDATE_NOT_FINITE`, `E_UPDATE_NORM` or `E_UPDATE_OUT_OF_RANGE`.
 */
export async function verifyUpdate(
  chunks: AsyncIterable<Uint8Array>,
  expected: ExpectedUpdate,
): Promise<UpdateHeader> {
  try {
    const stream = await streamSafetensors(chunks, { maximumHeaderBytes: maximumHeaderBytes(expected) });
    try {
      const header = checkUpdate(stream.header, expected);
      await checkFinite(boundedBy(stream.values, expected, header.roles));
      return header;
    } finally {
      await stream.close();
    }
  } catch (error) {
    throw asUpdateError(error);
  }
}

/**
 * Checks all that the header of an update's file tells. Where several things are wrong, the code is that of the first
 * in the order below and the faults are all.
 * @throws CodedError `E_UPDATE_MALFORMED` (no header, another contribution's key), `E_UPDATE_BASE` or `E_UPDATE_SHAPES`.
 */
export function checkUpdate(file: SafetensorsHeader, expected: ExpectedUpdate): UpdateHeader {
  const header = readUpdateHeader(file);
  const found: [code: ErrorCode, faults: Fault[]][] = [
    [
      'E_UPDATE_MALFORMED',
      [
        ...keyFaults(header, expected),
        ...countFaults(header, expected),
        ...compressionFaults(header, expected),
      ],
    ],
    ['E_UPDATE_BASE', baseFaults(header, expected)],
    ['E_UPDATE_SHAPES', layoutFaults(file, header, expected)],
  ];
  const code = found.find(([, faults]) => faults.length > 0)?.[0];
  if (code === undefined) return header;
  const faults = found.flatMap(([, some]) => some);
  throw new CodedError(code, `${describe(expected)} is refused: ${faults[0]?.message}`, { faults });
}

/**
 * Reads the values to their end and refuses any that is infinite or not a number.
 * @throws CodedError `E_UPDATE_NOT_FINITE` with a fault per tensor.
 */
export async function checkFinite(values: AsyncIterable<TensorPiece>): Promise<void> {
  const wrong = new Map<string, { first: number; count: number }>();
  for await (const piece of values) {
    if (areFinite(piece.values)) continue;
    for (let index = 0; index < piece.values.length; index++) {
      if (Number.isFinite(piece.values[index])) continue;
      const known = wrong.get(piece.tensor);
      if (known === undefined) wrong.set(piece.tensor, { first: piece.offset + index, count: 1 });
      else known.count++;
    }
  }
  if (wrong.size === 0) return;
  const faults = [...wrong].map(([path, { first, count }]) => ({
    path,
    message: `${count} values are not finite, the first at ${first}`,
  }));
  throw new CodedError(
    'E_UPDATE_NOT_FINITE',
    `the update has values that are not finite: ${faults[0]?.path}`,
    {
      faults,
    },
  );
}

function keyFaults(header: UpdateHeader, expected: ExpectedUpdate): Fault[] {
  return (['run', 'round', 'roundAttempt', 'participant'] as const)
    .filter((member) => header[member] !== expected[member])
    .map((path) => ({
      path,
      message: `${path} is ${header[path]}, it was sent as that of ${expected[path]}`,
    }));
}

function countFaults({ exampleCount }: UpdateHeader, { maximumExampleCount }: ExpectedUpdate): Fault[] {
  if (exampleCount <= maximumExampleCount) return [];
  const message = `exampleCount is ${exampleCount}, the participant has at most ${maximumExampleCount}`;
  return [{ path: 'exampleCount', message }];
}

/** Refuses norms and magnitudes that are too large. @param squares sums of squares by part. */
export function refuseTooLarge(
  { maximumNorm, largest }: Pick<ExpectedUpdate, 'maximumNorm' | 'largest'>,
  roles: UpdateHeader['roles'],
  squares: ReadonlyMap<string, number>,
  magnitudes: ReadonlyMap<string, number>,
): void {
  // What is infinite or not a number is named by its tensor already.
  refuseBeyond('E_UPDATE_NORM', 'L2 norm', squares, (_, sum) => [Math.sqrt(sum), maximumNorm]);
  refuseBeyond('E_UPDATE_OUT_OF_RANGE', 'largest magnitude', magnitudes, (name, magnitude) => [
    magnitude,
    largest[roles[name] === 'statistic' ? 'statistic' : 'trainable'],
  ]);
}

/**
 * Passes the values on and refuses an update whose parts are longer than any honest training makes them, or that has a
 * value which no sum takes.
 * @throws CodedError `E_UPDATE_NORM`, `E_UPDATE_OUT_OF_RANGE`
 */
async function* boundedBy(
  values: AsyncIterable<TensorPiece>,
  expected: ExpectedUpdate,
  roles: UpdateHeader['roles'],
): AsyncGenerator<TensorPiece> {
  const squares = new Map<string, number>();
  const magnitudes = new Map<string, number>();
  for await (const piece of values) {
    const part = piece.tensor.slice(0, piece.tensor.indexOf('/'));
    let sum = squares.get(part) ?? 0;
    let magnitude = magnitudes.get(piece.tensor) ?? 0;
    for (const value of piece.values) {
      sum += value * value;
      if (value > magnitude) magnitude = value;
      else if (-value > magnitude) magnitude = -value;
    }
    squares.set(part, sum);
    magnitudes.set(piece.tensor, magnitude);
    yield piece;
  }
  refuseTooLarge(expected, roles, squares, magnitudes);
}

function refuseBeyond(
  code: ErrorCode,
  what: string,
  found: ReadonlyMap<string, number>,
  compare: (path: string, value: number) => readonly [actual: number, allowed: number],
): void {
  const faults = [...found]
    .map(([path, value]) => ({ path, compared: compare(path, value) }))
    .filter(({ compared: [actual, allowed] }) => Number.isFinite(actual) && actual > allowed)
    .map(({ path, compared: [actual, allowed] }) => ({
      path,
      message: `its ${what} is ${actual}, at most ${allowed} is allowed`,
    }));
  if (faults.length === 0) return;
  throw new CodedError(code, `the update is refused: ${faults[0]?.path}: ${faults[0]?.message}`, { faults });
}

function baseFaults(header: UpdateHeader, expected: ExpectedUpdate): Fault[] {
  const bases = [expected.baseSha256].flat();
  if (bases.includes(header.baseSha256)) return [];
  const message = `it began from version ${header.baseSha256}, the round's base is ${bases.join(' or ')}`;
  return [{ path: 'baseSha256', message }];
}

function compressionFaults({ compression }: UpdateHeader, expected: ExpectedUpdate): Fault[] {
  const wanted = expected.compression?.codec.spec;
  if (canonicalJson(compression ?? null) === canonicalJson(wanted ?? null)) return [];
  const message = `its codec is ${JSON.stringify(compression)}, the federation's is ${JSON.stringify(wanted)}`;
  return [{ path: 'compression', message }];
}

/** Room for an honest header and no more: a long one keeps the reader busy before its first fault shows. */
export function maximumHeaderBytes({ parts, tensors }: ExpectedUpdate): number {
  return HEADER_BYTES + parts.length * tensors.length * HEADER_BYTES_PER_TENSOR;
}

/** The codes that a sender is told: a file cut off may be sent again, any other fault would come back with it. */
export function asUpdateError(error: unknown): unknown {
  if (!(error instanceof CodedError) || error.code !== 'E_MALFORMED_SAFETENSORS') return error;
  const code = error.details['truncated'] === true ? 'E_UPDATE_TRUNCATED' : 'E_UPDATE_MALFORMED';
  return new CodedError(code, error.message, { cause: error, faults: error.faults });
}

function describe(expected: ExpectedUpdate): string {
  const { participant, run, round, roundAttempt } = expected;
  return `the update of participant ${participant} for run ${run}, round ${round}, attempt ${roundAttempt}`;
}
