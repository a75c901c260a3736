import { featureExtractor } from '../../learning/features/index.ts';
import { randomStream } from '../../learning/random.ts';
import { thrownBy } from './safetensors-samples.ts';

const RATE = 8192;
const LENGTH = 8192;

function featuresOf(
  spec: { readonly key: string; readonly [option: string]: unknown },
  window: Float32Array,
  speeds?: readonly number[],
): number[] {
  const extractor = featureExtractor(spec, window.length, RATE);
  const features = new Float32Array(extractor.size);
  extractor.extract(window, features, speeds);
  expect(extractor.shape.reduce((product, length) => product * length, 1)).toBe(extractor.size);
  return [...features];
}

function noise(amplitude = 1): Float32Array {
  const stream = randomStream({ seed: 5, round: 0, participant: 'main', purpose: 'test-noise' });
  return Float32Array.from({ length: LENGTH }, () => amplitude * stream.normal());
}

/** Impacts at a rate that each ring at 3 kHz, in noise. */
function impacts(perSecond: number, noiseAmplitude = 0.01): Float32Array {
  const base = noise(noiseAmplitude);
  return base.map((sample, n) => {
    const since = ((n / RATE) * perSecond) % 1;
    const seconds = since / perSecond;
    return sample + Math.exp(-seconds * 400) * Math.sin(2 * Math.PI * 3000 * seconds);
  });
}

const indexOfLargest = (values: readonly number[]) => values.indexOf(Math.max(...values));

describe('waveform-statistics', () => {
  it('are root mean square, crest factor and kurtosis', () => {
    const square = Float32Array.from({ length: LENGTH }, (_, n) => (n % 2 === 0 ? 3 : 1));
    const sine = Float32Array.from({ length: LENGTH }, (_, n) => 2 * Math.sin((2 * Math.PI * n) / 64));

    expect(featuresOf({ key: 'waveform-statistics' }, square)).toEqual([1, 1, 1]);
    const [rms, crest, kurtosis] = featuresOf({ key: 'waveform-statistics' }, sine);
    expect(rms).toBeCloseTo(Math.SQRT2, 5);
    expect(crest).toBeCloseTo(Math.SQRT2, 5);
    expect(kurtosis).toBeCloseTo(1.5, 5);
    expect(featuresOf({ key: 'waveform-statistics' }, noise())[2]).toBeCloseTo(3, 0);
  });

  it('are 0 for a machine that stands', () => {
    expect(featuresOf({ key: 'waveform-statistics' }, new Float32Array(LENGTH).fill(2))).toEqual([0, 0, 0]);
  });
});

describe('envelope-spectrum', () => {
  it('shows how often impacts come, whose ringing it does not show', () => {
    // Bands of 4 Hz up to 512 Hz, in a window of one second.
    const spec = { key: 'envelope-spectrum', minimumHz: 2000, maximumHz: 4000, envelopeHz: 512, bands: 128 };

    const features = featuresOf(spec, impacts(86));

    expect(indexOfLargest(features)).toBe(Math.floor((86 - 1) / 4));
    expect(features[Math.floor((172 - 1) / 4)]! - features[Math.floor((130 - 1) / 4)]!).toBeGreaterThan(1);
  });

  it('leaves out what is not in the band', () => {
    const hum = Float32Array.from({ length: LENGTH }, (_, n) => {
      return (1 + Math.sin((2 * Math.PI * 40 * n) / RATE)) * Math.sin((2 * Math.PI * 500 * n) / RATE);
    });

    const features = featuresOf({ key: 'envelope-spectrum', minimumHz: 2000, maximumHz: 4000 }, hum);

    expect(Math.max(...features)).toBeLessThan(-10);
  });

  it('refuses a band that is none', () => {
    const error = thrownBy(() =>
      featureExtractor({ key: 'envelope-spectrum', minimumHz: 3000, maximumHz: 2000 }, 1024, RATE),
    );

    expect(error).toMatchObject({ code: 'E_INVALID_INPUT' });
  });
});

describe('spectral-kurtosis', () => {
  const spec = { key: 'spectral-kurtosis', bands: 16 };

  it('is about 0 for noise and -1 for a steady tone', () => {
    const tone = Float32Array.from({ length: LENGTH }, (_, n) => Math.sin((2 * Math.PI * n) / 8));

    expect(Math.max(...featuresOf(spec, noise()).map(Math.abs))).toBeLessThan(0.7);
    expect(featuresOf({ ...spec, bands: 63 }, tone)[15]).toBeCloseTo(-1, 2);
  });

  it('is largest where impacts ring', () => {
    const features = featuresOf(spec, impacts(20, 0.1));

    expect(Math.abs(indexOfLargest(features) - Math.floor(3000 / (RATE / 2 / 16)))).toBeLessThanOrEqual(1);
    expect(Math.max(...features)).toBeGreaterThan(2);
  });

  it('needs several frames', () => {
    expect(thrownBy(() => featureExtractor({ ...spec, frameLength: 512 }, 1024, RATE))).toMatchObject({
      code: 'E_INVALID_INPUT',
    });
  });
});

describe('order-spectrum', () => {
  const spec = { key: 'order-spectrum', maximumOrder: 16, turns: 8, bands: 128 };

  /** A vibration of the seventh order of a shaft that goes from one speed to another within the window. */
  const seventhOrder = (fromHz: number, toHz: number) =>
    Float32Array.from({ length: LENGTH }, (_, n) => {
      const seconds = n / RATE;
      const turns = fromHz * seconds + ((toHz - fromHz) * seconds * seconds) / 2;
      return Math.sin(2 * Math.PI * 7 * turns);
    });

  it.each([
    [20, 20],
    [12, 24],
    [30, 10],
  ])('has the same order at every speed, here from %d to %d Hz', (fromHz, toHz) => {
    const features = featuresOf(spec, seventhOrder(fromHz, toHz), [60 * fromHz, 60 * toHz]);

    // A band an eighth of an order wide ends with its order.
    expect(indexOfLargest(features)).toBe(7 * 8 - 1);
    expect(features[7 * 8 - 1]! - features[5 * 8]!).toBeGreaterThan(3);
  });

  it('takes a speed in hertz and is silent where the shaft stands', () => {
    const features = featuresOf({ ...spec, speedUnit: 'Hz' }, seventhOrder(20, 20), [20]);

    expect(indexOfLargest(features)).toBe(7 * 8 - 1);
    expect(featuresOf(spec, seventhOrder(20, 20), [0])).toEqual(new Array(128).fill(-12));
  });

  it('names its speed signal and needs it', () => {
    const extractor = featureExtractor({ ...spec, speed: 'shaft' }, LENGTH, RATE);

    expect(extractor.speedSignal).toBe('shaft');
    expect(() => extractor.extract(noise(), new Float32Array(128))).toThrow('no speed');
  });
});

describe('several features', () => {
  it('stand one after the other', () => {
    const window = noise();
    const parts = [{ key: 'waveform-statistics' }, { key: 'log-band-power', bands: 8 }];

    expect(featuresOf({ key: 'several', of: parts }, window)).toEqual(
      parts.flatMap((part) => featuresOf(part, window)),
    );
  });

  it('are refused unless each is known', () => {
    expect(thrownBy(() => featureExtractor({ key: 'several', of: [] }, 64))).toMatchObject({
      code: 'E_INVALID_INPUT',
    });
    expect(thrownBy(() => featureExtractor({ key: 'several', of: [{ key: 'wavelets' }] }, 64))).toMatchObject(
      {
        code: 'E_UNKNOWN_FEATURE',
      },
    );
  });
});
