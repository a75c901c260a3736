import type { RandomStream } from '../../learning/random.ts';
import type { Manner } from './emotions.ts';

export const SAMPLE_RATE_HZ = 16_000;

/** A generated voice. */
export interface Voice {
  readonly pitchHz: number;
  /** Factor of all formants: a shorter vocal tract has higher ones. */
  readonly formants: number;
  readonly syllablesPerSecond: number;
}

/** First three formants of five vowels in hertz (after G. E. Peterson, H. L. Barney, JASA 24, 1952). */
const VOWELS = [
  [730, 1090, 2440],
  [530, 1840, 2480],
  [270, 2290, 3010],
  [570, 840, 2410],
  [300, 870, 2240],
] as const;
const BANDWIDTHS_HZ = [80, 110, 160];
const LOWEST_PITCH_HZ = 40;
/** One over the standard deviation of a number from 0 to 1. */
const HISS_SCALE = 12 ** 0.5;
/** How much of a syllable is voiced. */
const VOICED_SHARE = 0.75;

/**
 * A sentence without words: a pulse train for the vocal folds, three resonances for the vocal tract, vowel after vowel,
 * with noise between them (G. Fant: Acoustic Theory of Speech Production, 1960).
 * @param seconds duration.
 */
export function speech(voice: Voice, manner: Manner, seconds: number, random: RandomStream): Float32Array {
  const samples = new Float32Array(Math.round(seconds * SAMPLE_RATE_HZ));
  const syllable = Math.round(SAMPLE_RATE_HZ / (voice.syllablesPerSecond * manner.pace));
  const tract = BANDWIDTHS_HZ.map(() => resonance());
  let [phase, folds, wander, tremor] = [0, 0, 0, 0];
  const dullness = 0.97 - 0.25 * manner.brightness;
  let [stress, pitchTarget] = [1, 0];
  for (let index = 0; index < samples.length; index++) {
    const within = (index % syllable) / syllable;
    if (index % syllable === 0) {
      const vowel = VOWELS[random.integer(VOWELS.length)]!;
      for (const [formant, filter] of tract.entries()) {
        const frequencyHz = vowel[formant]! * voice.formants * (1 + 0.04 * random.normal());
        filter.tune(Math.min(frequencyHz, 0.45 * SAMPLE_RATE_HZ), BANDWIDTHS_HZ[formant]!);
      }
      stress = 0.6 + 0.4 * random.uniform();
      pitchTarget = manner.pitchRange * (random.uniform() - 0.5);
    }
    wander += 0.001 * (pitchTarget - wander);
    const progress = index / samples.length - 0.5;
    const pitchHz = voice.pitchHz * manner.pitch * (1 + wander + manner.pitchSlope * progress + tremor);
    phase += (pitchHz < LOWEST_PITCH_HZ ? LOWEST_PITCH_HZ : pitchHz) / SAMPLE_RATE_HZ;
    const isVoiced = within < VOICED_SHARE;
    const pulse = phase >= 1 ? 1 : 0;
    if (pulse === 1) {
      phase -= 1;
      tremor = manner.tremor * random.normal();
    }
    folds = dullness * folds + (isVoiced ? pulse : 0);
    const breath = (isVoiced ? manner.breath : 0.3) * 0.1 * hiss(random);
    let sound = folds * (1 - dullness) * 4 + breath;
    for (let formant = 0; formant < tract.length; formant++) sound = tract[formant]!.pass(sound);
    // A syllable swells and fades.
    samples[index] = sound * stress * (4 * within * (1 - within));
  }
  return scaled(samples, manner.loudness * (0.8 + 0.4 * random.uniform()), random);
}

interface Resonance {
  tune(frequencyHz: number, bandwidthHz: number): void;
  pass(sample: number): number;
}

/** Two poles, with the gain 1 at frequency 0. */
function resonance(): Resonance {
  let [gain, first, second, last, beforeLast] = [1, 0, 0, 0, 0];
  return {
    tune(frequencyHz, bandwidthHz) {
      const radius = Math.exp((-Math.PI * bandwidthHz) / SAMPLE_RATE_HZ);
      first = 2 * radius * Math.cos((2 * Math.PI * frequencyHz) / SAMPLE_RATE_HZ);
      second = -radius * radius;
      gain = 1 - first - second;
    },
    pass(sample) {
      const output = gain * sample + first * last + second * beforeLast;
      beforeLast = last;
      last = output;
      return output;
    },
  };
}

/** To a peak, with the hiss of a room: what a microphone would have made of it. */
function scaled(samples: Float32Array, peak: number, random: RandomStream): Float32Array {
  let largest = 1e-9;
  for (let index = 0; index < samples.length; index++) {
    const magnitude = samples[index]! < 0 ? -samples[index]! : samples[index]!;
    if (magnitude > largest) largest = magnitude;
  }
  for (let index = 0; index < samples.length; index++) {
    samples[index] = (samples[index]! * peak) / largest + 0.0008 * hiss(random);
  }
  return samples;
}

/** White noise of variance 1; a normal one would sound the same and cost several times as much. */
function hiss(random: RandomStream): number {
  return (random.uniform() - 0.5) * HISS_SCALE;
}
