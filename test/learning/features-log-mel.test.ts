import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { readWav } from '../../connectors/recording/read-wav.ts';
import { featureExtractor } from '../../learning/features/index.ts';
import { randomStream } from '../../learning/random.ts';
import { thrownBy } from './safetensors-samples.ts';

interface Golden {
  readonly samples: number;
  readonly ownFrames: number;
  readonly mean: number;
  readonly frames: Readonly<Record<string, readonly number[]>>;
}

const golden = JSON.parse(
  readFileSync(join(__dirname, 'features-golden/demos-log-mel.json'), 'utf8'),
) as Golden;
const REFERENCE = join(__dirname, '../../../shared/data/logmel-reference');
const describeReference = existsSync(REFERENCE) ? describe : describe.skip;

/** Said to be a fair tolerance by the reference. */
const TOLERANCE_DB = 0.01;
const DEMOS_WINDOW = 95_744;

interface Variant {
  readonly parameters: {
    readonly sr: number;
    readonly n_fft: number;
    readonly hop: number;
    readonly fmin: number;
    readonly fmax: number;
    readonly amin: number;
    readonly n_mels: number;
    readonly htk: boolean;
    readonly area_norm: boolean;
    readonly center: boolean;
    readonly pad_mode: 'constant' | 'reflect';
    readonly ref: number | 'max';
    readonly top_db: number | null;
  };
  readonly shape: readonly number[];
  readonly values: readonly (readonly number[])[];
}

function specOf({ parameters }: Variant) {
  return {
    key: 'log-mel',
    frameLength: parameters.n_fft,
    hop: parameters.hop,
    mels: parameters.n_mels,
    minimumHz: parameters.fmin,
    maximumHz: parameters.fmax,
    scale: parameters.htk ? 'htk' : 'slaney',
    area: parameters.area_norm ? 'equal' : 'height',
    padding: !parameters.center ? 'none' : parameters.pad_mode === 'reflect' ? 'reflect' : 'zeros',
    floor: parameters.amin,
    reference: parameters.ref === 'max' ? 'maximum' : parameters.ref,
    ...(parameters.top_db === null ? {} : { rangeDb: parameters.top_db }),
  };
}

function noise(length: number): Float32Array {
  const stream = randomStream({ seed: 3, round: 0, participant: 'main', purpose: 'test-noise' });
  return Float32Array.from({ length }, () => stream.normal());
}

function demos(windowLength = DEMOS_WINDOW) {
  return featureExtractor({ key: 'log-mel', preset: 'demos' }, windowLength, 16_000);
}

describeReference(
  'log-mel against the numpy and torchaudio values of ../shared/data/logmel-reference',
  () => {
    const names = existsSync(REFERENCE)
      ? readdirSync(REFERENCE).filter((name) => name.endsWith('.json'))
      : [];
    const cases = names.flatMap((name) => {
      const file = JSON.parse(readFileSync(join(REFERENCE, name), 'utf8')) as {
        readonly variants: Readonly<Record<string, Variant>>;
      };
      return Object.entries(file.variants).map(([variant, values]) => ({ name, variant, values }));
    });

    it.each(cases)('gives $name, $variant, within 0.01 dB', ({ name, values }) => {
      const { samples } = readWav(readFileSync(join(REFERENCE, name.replace('.json', '.wav'))));
      const extractor = featureExtractor(specOf(values), samples.length, values.parameters.sr);
      const features = new Float32Array(extractor.size);

      extractor.extract(samples, features);

      expect(extractor.shape).toEqual(values.shape);
      const expected = values.values.flat();
      const largest = features.reduce(
        (most, value, index) => Math.max(most, Math.abs(value - expected[index]!)),
        0,
      );
      expect(largest).toBeLessThanOrEqual(TOLERANCE_DB);
    });
  },
);

describe('log-mel, preset demos', () => {
  const signal = Float32Array.from({ length: golden.samples }, (_, n) => {
    if (n >= 30_000 && n < 34_000) return 0;
    return (((n * n * 7 + n * 13) % 4001) - 2000) / 4096;
  });

  it('gives the values of scipy and librosa, repeated up to 373 frames', () => {
    const extractor = demos();
    const features = new Float32Array(extractor.size);

    extractor.extract(signal, features);

    expect(extractor.shape).toEqual([373, 64]);
    const differences = Object.entries(golden.frames).flatMap(([frame, values]) =>
      values.map((value, mel) => Math.abs(features[Number(frame) * 64 + mel]! - value)),
    );
    expect(Math.max(...differences)).toBeLessThan(1e-5);
    expect(features.reduce((sum, value) => sum + value, 0) / features.length).toBeCloseTo(golden.mean, 6);
    expect(features.slice(golden.ownFrames * 64, 373 * 64)).toEqual(
      Float32Array.from(
        { length: (373 - golden.ownFrames) * 64 },
        (_, index) => features[index % (golden.ownFrames * 64)]!,
      ),
    );
  });

  it('has 373 frames of its own at 95 744 samples and none to cut up to 95 999', () => {
    const window = noise(95_999);
    const extractor = demos(95_999);
    const whole = new Float32Array(extractor.size);
    const part = new Float32Array(extractor.size);

    extractor.extract(window, whole);
    extractor.extract(window.subarray(0, DEMOS_WINDOW), part);

    expect(part).toEqual(whole);
    expect(part.subarray(372 * 64)).not.toEqual(part.subarray(0, 64));
  });

  it('takes clips down to one frame', () => {
    const extractor = demos();
    const features = new Float32Array(extractor.size);

    extractor.extract(noise(512), features);

    expect(extractor.minimumLength).toBe(512);
    expect(features.subarray(372 * 64)).toEqual(features.subarray(0, 64));
    expect(() => extractor.extract(noise(511), features)).toThrow(RangeError);
    expect(() => extractor.extract(noise(DEMOS_WINDOW + 1), features)).toThrow(RangeError);
  });
});

describe('log-mel', () => {
  it('cuts behind the last wanted frame', () => {
    const window = noise(16_000);
    const cut = featureExtractor({ key: 'log-mel', preset: 'librosa', mels: 40, frames: 62 }, 16_000, 16_000);
    const all = featureExtractor({ key: 'log-mel', preset: 'librosa', mels: 40 }, 16_000, 16_000);
    const [few, many] = [new Float32Array(cut.size), new Float32Array(all.size)];

    cut.extract(window, few);
    all.extract(window, many);

    expect([cut.shape, all.shape]).toEqual([
      [62, 40],
      [63, 40],
    ]);
    expect(few).toEqual(many.subarray(0, 62 * 40));
  });

  it('grows by 20 dB where the samples grow tenfold', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 64, max: 400 }),
        fc.constantFrom('zeros', 'reflect', 'none'),
        (length, padding) => {
          const extractor = featureExtractor(
            { key: 'log-mel', frameLength: 64, mels: 4, padding },
            length,
            8000,
          );
          const window = noise(length);
          const [once, tenfold] = [new Float32Array(extractor.size), new Float32Array(extractor.size)];

          extractor.extract(window, once);
          extractor.extract(
            window.map((sample) => sample * 10),
            tenfold,
          );

          tenfold.forEach((value, index) => {
            expect(value - once[index]!).toBeCloseTo(20, 3);
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  it('shows a sample that is not finite', () => {
    const extractor = featureExtractor({ key: 'log-mel', frameLength: 64, mels: 4, rangeDb: 80 }, 64, 8000);
    const features = new Float32Array(extractor.size);
    const window = noise(64);
    window[10] = Number.NaN;

    extractor.extract(window, features);

    expect([...features].every((value) => Number.isNaN(value))).toBe(true);
  });

  it('needs the sampling rate', () => {
    const error = thrownBy(() => featureExtractor({ key: 'log-mel' }, 1024));

    expect(error).toMatchObject({ code: 'E_INVALID_INPUT' });
  });

  it('names every option that does not fit', () => {
    const error = thrownBy(() =>
      featureExtractor(
        { key: 'log-mel', mels: 0, minimumHz: 5000, padding: 'same', frameLength: 4096 },
        1000,
        8000,
      ),
    );

    expect(error).toMatchObject({ code: 'E_INVALID_INPUT' });
    const paths = (error as unknown as { faults: { path: string }[] }).faults.map(({ path }) => path);
    expect(paths.sort()).toEqual(['/features/mels', '/features/minimumHz', '/features/padding']);
  });
});
