/** Turns samples of one rate into samples of another, as they come. */
export interface Resampler {
  /** @returns the samples that can be made by now. */
  push(samples: Float32Array): Float32Array;
  /** @returns the rest; the recording is taken to be silent behind its end. */
  finish(): Float32Array;
}

/** Zero crossings of the filter to either side, and its Kaiser window: those of scipy's `resample_poly`. */
const CROSSINGS = 10;
const KAISER_BETA = 5;
/** Taps of all phases together; rates without a common divisor would need more. */
const LARGEST_FILTER = 4_000_000;

/**
 * A polyphase filter by a rational factor (R. E. Crochiere, L. R. Rabiner: Multirate Digital Signal Processing, 1983),
 * with the window and length of scipy's `resample_poly`: no delay, ceil(samples * to / from) samples come out, and
 * what is above half the lower rate is damped before it can fold. Memory: the filter and the samples under it.
 * @param rates whole numbers of hertz.
 * @throws RangeError for rates that are no whole numbers or have too small a common divisor.
 */
export function resampler({ fromHz, toHz }: { readonly fromHz: number; readonly toHz: number }): Resampler {
  if (![fromHz, toHz].every((rate) => Number.isSafeInteger(rate) && rate > 0)) {
    throw new RangeError(`${fromHz} Hz cannot become ${toHz} Hz: rates must be whole numbers`);
  }
  const divisor = greatestCommonDivisor(fromHz, toHz);
  const [up, down] = [toHz / divisor, fromHz / divisor];
  const half = CROSSINGS * Math.max(up, down);
  if (2 * half + 1 > LARGEST_FILTER) {
    throw new RangeError(`${fromHz} Hz cannot become ${toHz} Hz: the rates have too small a common divisor`);
  }
  const filter = lowPass(half, Math.max(up, down), up);
  // Samples under the filter at a time, to either side of its middle.
  const reach = Math.ceil(half / up);
  let held = new Float32Array(reach);
  /** Position in the recording of the first held sample. */
  let heldFrom = -reach;
  let taken = 0;
  let made = 0;

  const make = (until: number): Float32Array => {
    const into = new Float32Array(Math.max(0, until - made));
    for (let index = 0; index < into.length; index++) into[index] = sampleAt(made + index);
    made += into.length;
    const firstNeeded = Math.floor((made * down) / up) - reach;
    const drop = Math.min(held.length, Math.max(0, firstNeeded - heldFrom));
    held = held.slice(drop);
    heldFrom += drop;
    return into;
  };
  const sampleAt = (output: number): number => {
    const position = output * down;
    const first = Math.max(heldFrom, Math.ceil((position - half) / up));
    const last = Math.min(heldFrom + held.length - 1, Math.floor((position + half) / up));
    let sum = 0;
    for (let input = first; input <= last; input++) {
      sum += held[input - heldFrom]! * filter[half + position - input * up]!;
    }
    return sum;
  };
  return {
    push(samples) {
      const joined = new Float32Array(held.length + samples.length);
      joined.set(held);
      joined.set(samples, held.length);
      held = joined;
      taken += samples.length;
      // The last output whose filter ends within what is known.
      return make(Math.floor(((taken - 1) * up - half) / down) + 1);
    },
    finish: () => make(Math.ceil((taken * up) / down)),
  };
}

/** A sinc of the cut-off 1 / rate of half the inner sampling rate, weighted by Kaiser, with the sum `gain`. */
function lowPass(half: number, rate: number, gain: number): Float64Array {
  const besselOfBeta = besselI0(KAISER_BETA);
  const filter = Float64Array.from({ length: 2 * half + 1 }, (_, index) => {
    const offset = index - half;
    const angle = (Math.PI * offset) / rate;
    const sinc = offset === 0 ? 1 : Math.sin(angle) / angle;
    const shape = Math.sqrt(Math.max(0, 1 - (offset / half) ** 2));
    return (sinc * besselI0(KAISER_BETA * shape)) / besselOfBeta;
  });
  const sum = filter.reduce((total, value) => total + value, 0);
  return filter.map((value) => (value * gain) / sum);
}

/** The modified Bessel function of order 0, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-17 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
