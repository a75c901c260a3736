import type { Segment } from '../../connectors/recording/segments.ts';
import { randomStream } from '../../learning/random.ts';
import { BEARING_6205, bearingFrequencies } from '../../simulator/vibration/bearing.ts';
import { applyBiquad, designBiquad, designMode } from '../../simulator/vibration/biquad.ts';
import { DEFAULT_SHIFT, generateSegments } from '../../simulator/vibration/generated-machine.ts';
import {
  type Condition,
  machineVibration,
  SAMPLE_RATE_HZ,
} from '../../simulator/vibration/machine-vibration.ts';
import { mountingPosition } from '../../simulator/vibration/mounting-position.ts';

const SHAFT_HZ = 30;
const SECONDS = 3;
/** Looked up once: in jest's realm each use of the global is slow. */
const { cos, sin, PI } = Math;

/** Power of a signal at a frequency, by correlation with a sine and a cosine. */
function powerAt(signal: ArrayLike<number>, frequencyHz: number): number {
  let [cosine, sine] = [0, 0];
  for (let index = 0; index < signal.length; index += 1) {
    const angle = (2 * PI * frequencyHz * index) / SAMPLE_RATE_HZ;
    cosine += signal[index]! * cos(angle);
    sine += signal[index]! * sin(angle);
  }
  return (cosine ** 2 + sine ** 2) / signal.length ** 2;
}

/** The most that a line near `frequencyHz` has: slip moves and widens it. */
function lineAt(signal: ArrayLike<number>, frequencyHz: number): number {
  const near = Array.from({ length: 9 }, (_, index) => frequencyHz * (1 + (index - 4) * 0.0025));
  return Math.max(...near.map((frequency) => powerAt(signal, frequency)));
}

/** Envelope around a resonance: high-pass, rectify, without its mean. */
function envelopeOf(signal: Float32Array, aboveHz: number): Float64Array {
  const filter = designBiquad({ kind: 'high-pass', frequencyHz: aboveHz, quality: 0.7 }, SAMPLE_RATE_HZ);
  const rectified = applyBiquad(filter, applyBiquad(filter, Float64Array.from(signal))).map(Math.abs);
  const mean = rectified.reduce((sum, value) => sum + value, 0) / rectified.length;
  return rectified.map((value) => value - mean);
}

function vibrationOf(condition: Condition, position = 0): Float32Array {
  const operation = { condition, shaftHz: SHAFT_HZ, load: 0.6, severity: 1.3 };
  return machineVibration(
    operation,
    mountingPosition(position, 1),
    SECONDS * SAMPLE_RATE_HZ,
    randomStream({ seed: 1, round: 0, participant: 'test', purpose: condition }),
  );
}

/** Mean power of the samples in equal bands of the spectrum, as shares of the whole. */
function bandShares(signal: Float32Array): number[] {
  const powers = Array.from({ length: 16 }, (_, band) => {
    const lines = Array.from(
      { length: 12 },
      (_, index) => ((band + (index + 0.5) / 12) * SAMPLE_RATE_HZ) / 32,
    );
    return lines.reduce((sum, frequency) => sum + powerAt(signal.subarray(0, 2048), frequency), 0);
  });
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function shiftOf(machine: number, seed: number): Segment[] {
  return [...generateSegments(machine, { seed, segmentsPerCondition: 4, samplesPerSegment: 1024 })];
}

describe('bearingFrequencies', () => {
  it('are those that the maker of a 6205 gives', () => {
    const { outerRaceHz, innerRaceHz, ballSpinHz } = bearingFrequencies(BEARING_6205, 1);

    expect(outerRaceHz).toBeCloseTo(3.585, 3);
    expect(innerRaceHz).toBeCloseTo(5.415, 3);
    expect(ballSpinHz).toBeCloseTo(2.357, 3);
  });
});

describe('biquad filters', () => {
  it('pass what they should: the gain of a peak at its frequency, none far from it', () => {
    const sine = (frequencyHz: number) =>
      Float64Array.from({ length: SAMPLE_RATE_HZ }, (_, index) =>
        Math.sin((2 * Math.PI * frequencyHz * index) / SAMPLE_RATE_HZ),
      );
    const peak = designBiquad({ kind: 'peak', frequencyHz: 1000, quality: 3, gainDb: 12 }, SAMPLE_RATE_HZ);
    const gainDb = (frequencyHz: number) => {
      const [before, after] = [sine(frequencyHz), applyBiquad(peak, sine(frequencyHz))];
      return 10 * Math.log10(powerAt(after, frequencyHz) / powerAt(before, frequencyHz));
    };

    expect(gainDb(1000)).toBeCloseTo(12, 1);
    expect(Math.abs(gainDb(60))).toBeLessThan(0.1);
  });

  it('let a mode ring down to 1/e in its decay time', () => {
    const impulse = new Float64Array(600);
    impulse[0] = 1;
    // A quarter of the sampling rate: every second sample is at a peak of the ringing.
    const response = applyBiquad(designMode({ frequencyHz: 3000, decayMs: 10 }, SAMPLE_RATE_HZ), impulse);

    expect(response[0]).toBeCloseTo(1, 6);
    expect(Math.abs(response[120] ?? 0)).toBeCloseTo(Math.exp(-1), 6);
  });
});

describe('machineVibration', () => {
  const { outerRaceHz, innerRaceHz } = bearingFrequencies(BEARING_6205, SHAFT_HZ);

  it.each([
    ['outer-race', outerRaceHz, innerRaceHz],
    ['inner-race', innerRaceHz, outerRaceHz],
  ] as const)(
    'has the line of an %s defect in its envelope, and not that of the other',
    (condition, own, other) => {
      const [faulty, healthy] = [
        envelopeOf(vibrationOf(condition), 2200),
        envelopeOf(vibrationOf('healthy'), 2200),
      ];

      expect(lineAt(faulty, own)).toBeGreaterThan(10 * lineAt(healthy, own));
      expect(lineAt(faulty, own)).toBeGreaterThan(10 * lineAt(faulty, other));
    },
  );

  it('modulates the impacts of an inner race with the shaft', () => {
    const envelope = envelopeOf(vibrationOf('inner-race'), 2200);

    expect(lineAt(envelope, SHAFT_HZ)).toBeGreaterThan(5 * lineAt(envelope, 0.6 * SHAFT_HZ));
  });

  it('has a stronger line at the speed of the shaft when it is out of balance', () => {
    expect(lineAt(vibrationOf('unbalance'), SHAFT_HZ)).toBeGreaterThan(
      3 * lineAt(vibrationOf('healthy'), SHAFT_HZ),
    );
  });

  it('sounds different at every mounting position', () => {
    const shares = [0, 1, 2, 3, 4].map((position) => bandShares(vibrationOf('outer-race', position)));

    shares.forEach((one, index) => {
      for (const other of shares.slice(index + 1)) {
        const distance = one.reduce((sum, share, band) => sum + Math.abs(share - other[band]!), 0) / 2;
        // Shares of 16 bands: 0 would be the same spectrum, 1 one without any common band.
        expect(distance).toBeGreaterThan(0.2);
      }
    });
  });
});

describe('generateSegments', () => {
  it('gives the same samples for the same seed, wherever it begins', () => {
    const all = shiftOf(0, 7);
    const tail = [...generateSegments(0, { seed: 7, segmentsPerCondition: 4, samplesPerSegment: 1024 }, 10)];

    expect(shiftOf(0, 7)).toEqual(all);
    expect(tail).toEqual(all.slice(9));
  });

  it('gives other samples for another seed or machine', () => {
    const samples = [shiftOf(0, 7), shiftOf(0, 8), shiftOf(1, 7)].map(([first]) => first?.samples.join());

    expect(new Set(samples).size).toBe(3);
  });

  it('holds the same share of every condition back for tests', () => {
    const counts = new Map<string, number>();
    const shift = [...generateSegments(0, { ...DEFAULT_SHIFT, seed: 1, samplesPerSegment: 16 })];
    for (const { label, lot } of shift)
      counts.set(`${label} ${lot}`, (counts.get(`${label} ${lot}`) ?? 0) + 1);

    expect(Object.fromEntries(counts)).toEqual(
      Object.fromEntries(
        ['healthy', 'inner-race', 'outer-race', 'unbalance'].flatMap((label) => [
          [`${label} train`, 14],
          [`${label} test`, 6],
        ]),
      ),
    );
  });

  it('gives machines beyond the known positions positions of their own', () => {
    const names = Array.from({ length: 12 }, (_, index) => mountingPosition(index, 1).name);

    expect(new Set(names).size).toBe(12);
  });
});
