import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { hannWindow } from '../../learning/features/hann-window.ts';
import { FEATURE_KEYS, featureExtractor } from '../../learning/features/index.ts';
import { powerSpectrum } from '../../learning/features/power-spectrum.ts';
import { windowStarts } from '../../learning/features/window.ts';
import { randomStream } from '../../learning/random.ts';
import { thrownBy } from './safetensors-samples.ts';

const LENGTHS = [8, 9, 12, 13, 64, 97, 100, 250, 500];

function cosine(length: number, frequency: number, amplitude = 1): Float32Array {
  return Float32Array.from(
    { length },
    (_, n) => amplitude * Math.cos((2 * Math.PI * frequency * n) / length),
  );
}

function noise(length: number, seed = 1): Float32Array {
  const stream = randomStream({ seed, round: 0, participant: 'main', purpose: 'test-noise' });
  return Float32Array.from({ length }, () => stream.normal());
}

function spectrumOf(window: Float32Array): number[] {
  const spectrum = powerSpectrum(window.length);
  const powers = new Float64Array(spectrum.bins);
  spectrum.compute(window, powers);
  return [...powers];
}

function featuresOf(window: Float32Array, bands: number): number[] {
  const extractor = featureExtractor({ key: 'log-band-power', bands }, window.length);
  const features = new Float32Array(extractor.size);
  extractor.extract(window, features);
  return [...features];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

describe('windowStarts', () => {
  const window = { length: 4, hop: 3 };

  it('starts windows at multiples of the hop and keeps them whole', () => {
    expect(windowStarts(0, 10, window)).toEqual([0, 3, 6]);
    expect(windowStarts(0, 9, window)).toEqual([0, 3]);
    expect(windowStarts(0, 3, window)).toEqual([]);
  });

  it('counts from the segment and not from where the stretch begins', () => {
    expect(windowStarts(1, 14, window)).toEqual([3, 6, 9]);
  });

  it('finds in the parts of a segment no window that the whole does not have', () => {
    fc.assert(
      fc.property(
        fc.nat(200),
        fc.nat(200),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        (cut, rest, length, hop) => {
          const whole = windowStarts(0, cut + rest, { length, hop });
          const parts = [
            ...windowStarts(0, cut, { length, hop }),
            ...windowStarts(cut, cut + rest, { length, hop }),
          ];

          expect(parts).toEqual(whole.filter((start) => start + length <= cut || start >= cut));
        },
      ),
    );
  });
});

describe('hannWindow', () => {
  it('is periodic', () => {
    expect([...hannWindow(4)]).toEqual([0, 0.5, 1, 0.5]);
  });
});

describe('powerSpectrum', () => {
  it.each(LENGTHS)('agrees with the definition for a window of %i', (length) => {
    const window = noise(length);
    const weights = hannWindow(length);
    const weightPower = sum([...weights].map((weight) => weight * weight));

    const expected = Array.from({ length: Math.floor(length / 2) }, (_, index) => {
      const frequency = index + 1;
      const angles = [...window].map((_, n) => (2 * Math.PI * ((frequency * n) % length)) / length);
      const real = sum([...window].map((sample, n) => sample * weights[n]! * Math.cos(angles[n]!)));
      const imaginary = sum([...window].map((sample, n) => sample * weights[n]! * Math.sin(angles[n]!)));
      const sides = 2 * frequency === length ? 1 : 2;
      return (sides * (real * real + imaginary * imaginary)) / (length * weightPower);
    });

    const powers = spectrumOf(window);
    expect(powers).toHaveLength(expected.length);
    for (const [bin, power] of powers.entries()) expect(power).toBeCloseTo(expected[bin]!, 12);
  });

  it('holds the power of the weighted window without its mean (Parseval)', () => {
    fc.assert(
      fc.property(fc.constantFrom(...LENGTHS, 7, 31, 1024), fc.nat(), (length, seed) => {
        const window = noise(length, seed);
        const weights = hannWindow(length);
        const weighted = [...window].map((sample, n) => sample * weights[n]!);
        const weightPower = sum([...weights].map((weight) => weight * weight));
        const mean = sum(weighted) / length;
        const expected = sum(weighted.map((value) => (value - mean) ** 2)) / weightPower;

        expect(sum(spectrumOf(window)) / expected).toBeCloseTo(1, 10);
      }),
    );
  });

  it('puts a sine into its bin and the two beside it, half its squared amplitude in all', () => {
    const powers = spectrumOf(cosine(64, 10, 3));

    expect(sum(powers)).toBeCloseTo(4.5, 5);
    expect(powers[9]!).toBeCloseTo(3, 5);
    expect(powers[8]!).toBeCloseTo(0.75, 5);
    expect(powers[10]!).toBeCloseTo(0.75, 5);
  });

  it('can be computed again and again in the same work space', () => {
    const spectrum = powerSpectrum(500);
    const [first, second] = [new Float64Array(250), new Float64Array(250)];
    spectrum.compute(noise(500), first);
    spectrum.compute(noise(500, 2), second);
    spectrum.compute(noise(500), second);

    expect(second).toEqual(first);
  });
});

describe('log-band-power', () => {
  it('gives the power of each band in decades', () => {
    const window = cosine(64, 10, 20);

    const features = featuresOf(window, 4);

    // Bins 9, 10 and 11 lie in the second of four bands of 8; the other bands are silent up to rounding.
    expect(features[1]).toBeCloseTo(Math.log10(200), 5);
    for (const band of [0, 2, 3]) expect(features[band]).toBeLessThan(-10);
  });

  it('divides bins that do not divide evenly among the bands, each bin once', () => {
    const window = noise(500);
    const powers = spectrumOf(window);

    const total = sum(featuresOf(window, 32).map((feature) => 10 ** feature));

    expect(total).toBeCloseTo(sum(powers), 5);
  });

  it('gives silence the floor', () => {
    expect(featuresOf(new Float32Array(64), 2)).toEqual([-12, -12]);
  });

  it('does not see an offset beyond the first bin', () => {
    const features = featuresOf(cosine(64, 0, 5), 32);

    expect(features[0]).toBeGreaterThan(0);
    expect(Math.max(...features.slice(1))).toBeLessThan(-10);
  });

  it('lets a sample that is not finite show', () => {
    const window = noise(64);
    window[3] = Number.NaN;

    expect(featuresOf(window, 4)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  });

  it('has 32 bands by default', () => {
    expect(featureExtractor({ key: 'log-band-power' }, 1024).size).toBe(32);
  });

  it('has the same bits on every version of Node', () => {
    const hash = createHash('sha256');
    for (const [length, bands] of [
      [1024, 32],
      [500, 25],
      [499, 16],
    ] as const) {
      hash.update(new Uint8Array(Float32Array.from(featuresOf(noise(length), bands)).buffer));
    }

    expect(hash.digest('hex')).toBe('7725fedd4f2643da34ea28fd904c6edfc9d39b1f3a6bb06ee7a531815f5f1ecb');
  });

  it.each([0, 33, 1.5, '8'])('refuses %p bands for a window of 64', (bands) => {
    const error = thrownBy(() => featureExtractor({ key: 'log-band-power', bands }, 64));

    expect(error.code).toBe('E_INVALID_INPUT');
    expect(error.faults[0]).toEqual({
      path: '/features/bands',
      message: "must be an integer from 1 to 32, the bins of the window's spectrum",
    });
  });

  it('refuses windows and places of another length', () => {
    const extractor = featureExtractor({ key: 'log-band-power', bands: 4 }, 64);

    expect(() => extractor.extract(new Float32Array(63), new Float32Array(4))).toThrow(RangeError);
    expect(() => extractor.extract(new Float32Array(64), new Float32Array(5))).toThrow(RangeError);
  });
});

describe('featureExtractor', () => {
  it('names the known features when it refuses another', () => {
    const error = thrownBy(() => featureExtractor({ key: 'wavelets' }, 1024));

    expect(error.code).toBe('E_UNKNOWN_FEATURE');
    for (const key of FEATURE_KEYS) expect(error.message).toContain(key);
  });

  it('refuses an option that the feature does not have', () => {
    const error = thrownBy(() => featureExtractor({ key: 'log-band-power', band: 8 }, 1024));

    expect(error.faults).toEqual([{ path: '/features/band', message: 'unknown key' }]);
  });
});
