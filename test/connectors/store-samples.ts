import fc from 'fast-check';
import type { Gap, GapCause, NumberArray, Quality, Sample } from '../../connectors/connector.ts';

const SIGNALS = ['vibration', 'load', 'Drehzahl-Ä', 'state'];

const arrays: fc.Arbitrary<NumberArray> = fc.oneof(
  fc.float32Array({ maxLength: 40 }),
  fc.float64Array({ maxLength: 40 }),
  fc.int8Array({ maxLength: 40 }),
  fc.uint8Array({ maxLength: 40 }),
  fc.int16Array({ maxLength: 40 }),
  fc.uint16Array({ maxLength: 40 }),
  fc.int32Array({ maxLength: 40 }),
  fc.uint32Array({ maxLength: 40 }),
  fc.bigInt64Array({ maxLength: 40 }),
  fc.bigUint64Array({ maxLength: 40 }),
);

/** Samples of every kind. */
export const anySample: fc.Arbitrary<Sample> = fc.record({
  signal: fc.constantFrom(...SIGNALS),
  value: fc.oneof(
    fc.double(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.boolean(),
    arrays,
  ),
  sourceTimestampMs: fc.double({ min: 0, max: 2e12, noNaN: true }),
  quality: fc.constantFrom<Quality>('good', 'uncertain', 'bad'),
  epoch: fc.nat(2),
});

/** Rows of the gap ledger, some with the same id. */
export const anyGap: fc.Arbitrary<Gap> = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd'),
  signal: fc.constantFrom(...SIGNALS),
  fromMs: fc.double({ min: 0, max: 2e12, noNaN: true }),
  toMs: fc.double({ min: 0, max: 2e12, noNaN: true }),
  cause: fc.constantFrom<GapCause>('queue-overflow', 'connection-lost', 'bad-quality'),
  filled: fc.boolean(),
  epoch: fc.nat(2),
});

/** What a connector does at one time: some rows of the ledger, then samples. */
export const anyDelivery = fc.record({
  gaps: fc.array(anyGap, { maxLength: 2 }),
  samples: fc.array(anySample, { minLength: 1, maxLength: 12 }),
});

/** Scalars of one signal with the values and times `from`, `from + 1`, ... */
export function countedSamples(signal: string, from: number, count: number): Sample[] {
  return Array.from({ length: count }, (_, index) => ({
    signal,
    value: from + index,
    sourceTimestampMs: from + index,
    quality: 'good',
    epoch: 0,
  }));
}
