import { exponential } from '../portable/exponential.ts';
import { naturalLogarithm } from '../portable/natural-logarithm.ts';

/** Triangles over the bins of a spectrum, equally wide on a scale of pitch. */
export interface MelBank {
  readonly bands: number;
  /**
   * Adds up each triangle's share of a spectrum.
   * @param spectrum frameLength / 2 + 1 bins from frequency 0.
   * @param into receives a value per band from `offset` on.
   */
  apply(spectrum: Float64Array, into: Float64Array, offset: number): void;
  /** The weights of a band that are not 0, and the bin of the first. */
  band(index: number): { readonly firstBin: number; readonly weights: Float64Array };
}

interface MelBankOptions {
  readonly sampleRateHz: number;
  /** Samples of a frame, which set the frequencies of the bins. */
  readonly frameLength: number;
  readonly bands: number;
  readonly minimumHz: number;
  readonly maximumHz: number;
  readonly scale: MelScale;
  /** Whether all triangles have the same area instead of the same height. */
  readonly equalArea: boolean;
}

/**
 * `slaney`: linear below 1 kHz, 27 mels per factor 6.4 above (M. Slaney: Auditory Toolbox, 1998; the default of librosa).
 * `htk`: 2595 log10(1 + f / 700) (S. Young et al.: The HTK Book, 2006; the default of torchaudio).
 */
export type MelScale = 'slaney' | 'htk';

export function melBank(options: MelBankOptions): MelBank {
  const { sampleRateHz, frameLength, bands, equalArea } = options;
  const edges = edgesHz(options);
  const triangles = Array.from({ length: bands }, (_, band) => {
    const [low, middle, high] = [edges[band]!, edges[band + 1]!, edges[band + 2]!];
    const weight = equalArea ? 2 / (high - low) : 1;
    const weights = new Float64Array(Math.floor(frameLength / 2) + 1);
    for (let bin = 0; bin < weights.length; bin++) {
      const frequency = (bin * sampleRateHz) / frameLength;
      const rising = (frequency - low) / (middle - low);
      const falling = (high - frequency) / (high - middle);
      weights[bin] = weight * Math.max(0, Math.min(rising, falling));
    }
    const firstBin = Math.max(
      0,
      weights.findIndex((value) => value > 0),
    );
    return { firstBin, weights: weights.slice(firstBin, weights.findLastIndex((value) => value > 0) + 1) };
  });
  return {
    bands,
    apply(spectrum, into, offset) {
      for (let band = 0; band < bands; band++) {
        const { firstBin, weights } = triangles[band]!;
        let sum = 0;
        for (let index = 0; index < weights.length; index++)
          sum += weights[index]! * spectrum[firstBin + index]!;
        into[offset + band] = sum;
      }
    },
    band: (index) => triangles[index]!,
  };
}

function edgesHz({ bands, minimumHz, maximumHz, scale }: MelBankOptions): Float64Array {
  const from = melOf(minimumHz, scale);
  const to = melOf(maximumHz, scale);
  return Float64Array.from({ length: bands + 2 }, (_, edge) =>
    hzOf(from + (edge * (to - from)) / (bands + 1), scale),
  );
}

const SLANEY_LINEAR_HZ = 200 / 3;
const SLANEY_BREAK_HZ = 1000;
const SLANEY_BREAK_MEL = 15;
const SLANEY_STEP = naturalLogarithm(6.4) / 27;
const HTK_FACTOR = 2595 * Math.LOG10E;
const HTK_HZ = 700;

function melOf(hz: number, scale: MelScale): number {
  if (scale === 'htk') return HTK_FACTOR * naturalLogarithm(1 + hz / HTK_HZ);
  if (hz < SLANEY_BREAK_HZ) return hz / SLANEY_LINEAR_HZ;
  return SLANEY_BREAK_MEL + naturalLogarithm(hz / SLANEY_BREAK_HZ) / SLANEY_STEP;
}

function hzOf(mel: number, scale: MelScale): number {
  if (scale === 'htk') return HTK_HZ * (exponential(mel / HTK_FACTOR) - 1);
  if (mel < SLANEY_BREAK_MEL) return mel * SLANEY_LINEAR_HZ;
  return SLANEY_BREAK_HZ * exponential((mel - SLANEY_BREAK_MEL) * SLANEY_STEP);
}
