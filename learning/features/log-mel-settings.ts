import type { FeatureInput, FeatureSpec } from './feature-extractor.ts';
import { FeatureOptions } from './feature-options.ts';
import type { Padding, Weighting } from './frame-spectra.ts';
import type { MelScale } from './mel-bank.ts';

/** The options of `log-mel`, complete. */
export interface LogMelSettings {
  readonly sampleRateHz: number;
  readonly frameLength: number;
  readonly hop: number;
  readonly mels: number;
  readonly frames: number;
  readonly minimumHz: number;
  readonly maximumHz: number;
  readonly scale: MelScale;
  readonly equalArea: boolean;
  readonly weighting: Weighting;
  readonly padding: Padding;
  readonly spectrum: 'power' | 'magnitude';
  readonly scaling: 'none' | 'density';
  readonly logarithm: 'decibel' | 'natural';
  /** `decibel`: what is less counts as this. `natural`: added before the logarithm. */
  readonly floor: number;
  /** What is 0 dB. */
  readonly reference: number | 'maximum';
  /** What is further below the largest value of a window counts as this far below; undefined keeps all. */
  readonly rangeDb: number | undefined;
}

/** The names that a specification may use. */
export const LOG_MEL_OPTIONS: readonly string[] = [
  'preset',
  'frameLength',
  'hop',
  'mels',
  'frames',
  'minimumHz',
  'maximumHz',
  'scale',
  'area',
  'weighting',
  'padding',
  'spectrum',
  'scaling',
  'logarithm',
  'floor',
  'reference',
  'rangeDb',
];

/**
 * Known sets of options. `librosa` and `torchaudio` are those libraries' defaults for speech; `demos` is the one of the
 * public pre-processing of the speech-emotion corpus DEMoS: scipy's `spectrogram` in magnitude mode with a symmetric
 * Hamming window, librosa's bank, log(x + 1e-8), 373 frames by repetition (Z. Ren et al.: Generating and Protecting
 * Against Adversarial Attacks for Deep Speech-Based Emotion Recognition Models, ICASSP 2020, and its code).
 */
const PRESETS = {
  librosa: { scale: 'slaney', area: 'equal', padding: 'zeros' },
  torchaudio: { scale: 'htk', area: 'height', padding: 'reflect' },
  demos: {
    frameLength: 512,
    hop: 256,
    mels: 64,
    frames: 373,
    minimumHz: 20,
    weighting: 'hamming',
    padding: 'none',
    spectrum: 'magnitude',
    scaling: 'density',
    logarithm: 'natural',
    floor: 1e-8,
  },
} as const;

const PRESET_NAMES = ['none', 'librosa', 'torchaudio', 'demos'] as const;
const LARGEST_FRAME = 65_536;

/** @throws CodedError `E_INVALID_INPUT` with every fault. */
export function logMelSettings(spec: FeatureSpec, input: FeatureInput): LogMelSettings {
  const preset = new FeatureOptions(spec).choice('preset', PRESET_NAMES, 'none');
  const options = new FeatureOptions(spec, preset === 'none' ? {} : PRESETS[preset]);
  options.choice('preset', PRESET_NAMES, 'none');
  const sampleRateHz = input.sampleRateHz ?? 1;
  if (input.sampleRateHz === undefined) {
    options.fault('key', 'log-mel needs the sampling rate, sampleRateHz of the profile');
  }
  const frameLength = options.integer('frameLength', { minimum: 8, maximum: LARGEST_FRAME }, 512);
  const hop = options.integer('hop', { minimum: 1, maximum: LARGEST_FRAME }, Math.ceil(frameLength / 2));
  const padding = options.choice('padding', ['none', 'zeros', 'reflect'], 'zeros');
  const longest = input.windowLength + (padding === 'none' ? 0 : 2 * Math.floor(frameLength / 2));
  if (longest < frameLength || (padding === 'reflect' && input.windowLength <= frameLength / 2)) {
    options.fault('frameLength', `a window of ${input.windowLength} samples has no frame of ${frameLength}`);
  }
  const nyquistHz = sampleRateHz / 2;
  const maximumHz = options.number('maximumHz', { minimum: 0, maximum: nyquistHz }, nyquistHz);
  const minimumHz = options.number('minimumHz', { minimum: 0, maximum: nyquistHz }, 0);
  if (minimumHz >= maximumHz) options.fault('minimumHz', `must be below maximumHz, ${maximumHz}`);
  const framesOfWindow = Math.max(1, 1 + Math.floor((longest - frameLength) / hop));
  const settings: LogMelSettings = {
    sampleRateHz,
    frameLength,
    hop,
    padding,
    minimumHz,
    maximumHz,
    mels: options.integer('mels', { minimum: 1, maximum: 1024 }, 64),
    frames: options.integer('frames', { minimum: 1, maximum: 100_000 }, framesOfWindow),
    scale: options.choice('scale', ['slaney', 'htk'], 'slaney'),
    equalArea: options.choice('area', ['equal', 'height'], 'equal') === 'equal',
    weighting: options.choice('weighting', ['hann', 'hamming'], 'hann'),
    spectrum: options.choice('spectrum', ['power', 'magnitude'], 'power'),
    scaling: options.choice('scaling', ['none', 'density'], 'none'),
    logarithm: options.choice('logarithm', ['decibel', 'natural'], 'decibel'),
    floor: options.number('floor', { minimum: 1e-300, maximum: 1e6 }, 1e-10),
    reference: options.isText('reference')
      ? options.choice<'maximum'>('reference', ['maximum'], 'maximum')
      : options.number('reference', { minimum: 1e-300, maximum: 1e12 }, 1),
    rangeDb: options.has('rangeDb')
      ? options.number('rangeDb', { minimum: 1, maximum: 1000 }, 80)
      : undefined,
  };
  options.refuseFaults();
  return settings;
}
