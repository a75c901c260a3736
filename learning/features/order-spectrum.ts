import { refuseUnknownOptions } from '../options.ts';
import type { FeatureExtractor, FeatureInput, FeatureSpec } from './feature-extractor.ts';
import { FeatureOptions } from './feature-options.ts';
import { logOfBands } from './log-of-bands.ts';
import { powerSpectrum } from './power-spectrum.ts';

/** Samples of the turned signal; a power of two, so that its transform is quick. */
const LARGEST_TURNED = 1 << 20;

/**
 * The power by multiples of the shaft's speed in decades, in equal bands (K. R. Fyfe, E. D. S. Munck: Analysis of
 * computed order tracking, MSSP 11(2), 1997): the window is interpolated at equal angles of the shaft, so that a speed
 * that varies smears nothing. The shaft's angle comes from the speed signal, linear between its values. Options:
 * `speed`, name of the context signal, `speed`; `speedUnit`, `rpm` or `Hz`; `maximumOrder`, 20; `bands`, 32; and
 * `turns` of the shaft that are analysed, from the window's first sample on, 4. A window with fewer turns, because the
 * shaft is too slow or stands, is filled with silence; one with more is cut.
 * @throws CodedError `E_INVALID_INPUT` for options that do not fit, or without a sampling rate.
 */
export function orderSpectrum(spec: FeatureSpec, input: FeatureInput): FeatureExtractor {
  refuseUnknownOptions('features', spec, ['bands', 'speed', 'speedUnit', 'maximumOrder', 'turns']);
  const { windowLength, sampleRateHz = 1 } = input;
  const options = new FeatureOptions(spec);
  if (input.sampleRateHz === undefined) {
    options.fault('key', 'order-spectrum needs the sampling rate, sampleRateHz of the profile');
  }
  const speedSignal = options.text('speed', 'speed');
  const perSecond = options.choice('speedUnit', ['rpm', 'Hz'], 'rpm') === 'rpm' ? 1 / 60 : 1;
  const maximumOrder = options.integer('maximumOrder', { minimum: 1, maximum: 1000 }, 20);
  const turns = options.integer('turns', { minimum: 1, maximum: 1000 }, 4);
  const bins = maximumOrder * turns;
  const bands = options.integer('bands', { minimum: 1, maximum: bins }, Math.min(32, bins));
  let perTurn = 2;
  // Twice the highest order would do for a perfect interpolation; the linear one needs room.
  while (perTurn < 4 * maximumOrder) perTurn *= 2;
  const turnedLength = perTurn * turns;
  if (turnedLength > LARGEST_TURNED) options.fault('turns', 'too many for this many orders');
  options.refuseFaults();

  const spectrum = powerSpectrum(turnedLength);
  const turned = new Float32Array(turnedLength);
  const powers = new Float64Array(spectrum.bins);
  return {
    size: bands,
    shape: [bands],
    minimumLength: windowLength,
    speedSignal,
    extract(window, into, speeds) {
      if (window.length !== windowLength) throw new RangeError(`a window has ${windowLength} samples`);
      if (into.length !== bands) throw new RangeError(`a window has ${bands} features`);
      if (speeds === undefined || speeds.length === 0) throw new RangeError('the window has no speed');
      turn(window, speeds, { turnsPerSample: perSecond / sampleRateHz, perTurn, into: turned });
      spectrum.compute(turned, powers);
      logOfBands(powers, bins, into);
    },
  };
}

/**
 * Interpolates a window at equal angles.
 * @param speeds at equal distances, the first at the first sample and the last at the last.
 */
function turn(
  window: Float32Array,
  speeds: ArrayLike<number>,
  { turnsPerSample, perTurn, into }: { turnsPerSample: number; perTurn: number; into: Float32Array },
): void {
  into.fill(0);
  let angle = 0;
  let next = 0;
  for (let index = 0; index + 1 < window.length && next < into.length; index++) {
    const step = Math.abs(speedAt(speeds, (index + 0.5) / (window.length - 1))) * turnsPerSample * perTurn;
    for (; next < into.length && next < angle + step; next++) {
      const fraction = (next - angle) / step;
      into[next] = window[index]! + fraction * (window[index + 1]! - window[index]!);
    }
    angle += step;
  }
}

function speedAt(speeds: ArrayLike<number>, fraction: number): number {
  const position = fraction * (speeds.length - 1);
  const before = Math.min(Math.floor(position), speeds.length - 1);
  const after = Math.min(before + 1, speeds.length - 1);
  return speeds[before]! + (position - before) * (speeds[after]! - speeds[before]!);
}
