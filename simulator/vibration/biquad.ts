/** Coefficients of a second-order filter, normalised to a0 = 1. */
export interface Biquad {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
}

/** What a filter does, after R. Bristow-Johnson's Audio EQ Cookbook. */
export type FilterSpec =
  | { readonly kind: 'high-pass' | 'low-pass'; readonly frequencyHz: number; readonly quality: number }
  | {
      readonly kind: 'peak';
      readonly frequencyHz: number;
      readonly quality: number;
      readonly gainDb: number;
    };

/** Coefficients for a signal with the given sampling rate. */
export function designBiquad(spec: FilterSpec, sampleRateHz: number): Biquad {
  const angle = (2 * Math.PI * spec.frequencyHz) / sampleRateHz;
  const cosine = Math.cos(angle);
  const alpha = Math.sin(angle) / (2 * spec.quality);
  if (spec.kind === 'peak') {
    const gain = 10 ** (spec.gainDb / 40);
    const a0 = 1 + alpha / gain;
    return {
      b0: (1 + alpha * gain) / a0,
      b1: (-2 * cosine) / a0,
      b2: (1 - alpha * gain) / a0,
      a1: (-2 * cosine) / a0,
      a2: (1 - alpha / gain) / a0,
    };
  }
  const a0 = 1 + alpha;
  const side = spec.kind === 'low-pass' ? 1 - cosine : 1 + cosine;
  return {
    b0: side / 2 / a0,
    b1: (spec.kind === 'low-pass' ? side : -side) / a0,
    b2: side / 2 / a0,
    a1: (-2 * cosine) / a0,
    a2: (1 - alpha) / a0,
  };
}

/** A mode of a structure: its response to a unit impulse rings at `frequencyHz` and decays to 1/e in `decayMs`. */
export function designMode(mode: { frequencyHz: number; decayMs: number }, sampleRateHz: number): Biquad {
  const radius = Math.exp(-1000 / (mode.decayMs * sampleRateHz));
  const angle = (2 * Math.PI * mode.frequencyHz) / sampleRateHz;
  return { b0: Math.sin(angle), b1: 0, b2: 0, a1: -2 * radius * Math.cos(angle), a2: radius * radius };
}

/** Filters a signal, from rest, into a new one. */
export function applyBiquad(filter: Biquad, input: Float64Array): Float64Array {
  const output = new Float64Array(input.length);
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  for (let index = 0; index < input.length; index += 1) {
    const x0 = input[index]!;
    const y0 = filter.b0 * x0 + filter.b1 * x1 + filter.b2 * x2 - filter.a1 * y1 - filter.a2 * y2;
    output[index] = y0;
    [x2, x1, y2, y1] = [x1, x0, y1, y0];
  }
  return output;
}
