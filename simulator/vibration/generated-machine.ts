import type { Segment } from '../../connectors/recording/segments.ts';
import { type RandomStream, randomStream } from '../../learning/random.ts';
import { CONDITIONS, type Condition, machineVibration, SAMPLE_RATE_HZ } from './machine-vibration.ts';
import { mountingPosition } from './mounting-position.ts';

/** A shift of a generated machine. */
export interface ShiftSpec {
  readonly seed: number;
  /** Segments of each condition. */
  readonly segmentsPerCondition: number;
  readonly samplesPerSegment: number;
}

/** 400 windows of 1,024 samples without overlap: 20 segments of 5 in each of four conditions. */
export const DEFAULT_SHIFT = { segmentsPerCondition: 20, samplesPerSegment: 5120 };

/** Share of each condition's segments that go to the test lot. */
const TEST_SHARE = 0.3;

interface Cycle {
  readonly condition: Condition;
  readonly lot: 'train' | 'test';
}

/**
 * The segments of the machine with this index, from number `from` on. Each is made from its own random stream, so that
 * the same spec gives the same samples wherever a play begins.
 */
export function* generateSegments(index: number, spec: ShiftSpec, from = 1): Generator<Segment> {
  const machine = streamOf(spec.seed, index, 'machine');
  const nominalShaftHz = 28.5 + 2.5 * machine.uniform();
  const position = mountingPosition(index, spec.seed);
  for (const [offset, { condition, lot }] of planShift(index, spec).entries()) {
    const segment = offset + 1;
    if (segment < from) continue;
    const random = streamOf(spec.seed, index, `segment/${segment}`);
    const load = Math.round(100 * (0.2 + 0.8 * random.uniform())) / 100;
    const shaftHz = nominalShaftHz * (1 + 0.012 * random.normal() - 0.02 * load);
    const severity = 1.32 * Math.exp(0.2 * random.normal());
    const operation = { condition, shaftHz, load, severity };
    yield {
      segment,
      label: condition,
      lot,
      context: new Map([
        ['load', Math.round(load * 100)],
        ['speed', Math.round(shaftHz * 600) / 10],
      ]),
      sampleRateHz: SAMPLE_RATE_HZ,
      samples: machineVibration(operation, position, spec.samplesPerSegment, random),
    };
  }
}

/** The order of conditions and lots in a shift: every condition with the same share of test segments, shuffled. */
function planShift(index: number, { seed, segmentsPerCondition }: ShiftSpec): readonly Cycle[] {
  const tests = Math.round(segmentsPerCondition * TEST_SHARE);
  const cycles = CONDITIONS.flatMap((condition) =>
    Array.from({ length: segmentsPerCondition }, (_, number): Cycle => {
      return { condition, lot: number < tests ? 'test' : 'train' };
    }),
  );
  return streamOf(seed, index, 'plan').shuffle(cycles);
}

/** Any segment can be made without those before it. */
function streamOf(seed: number, machine: number, purpose: string): RandomStream {
  return randomStream({ seed, round: 0, participant: `machine-${machine}`, purpose: `vibration/${purpose}` });
}
