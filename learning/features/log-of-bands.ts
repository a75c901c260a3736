import { naturalLogarithm } from '../portable/natural-logarithm.ts';

/** In the samples' unit squared; what is less counts as this, so that silence has a logarithm. */
const FLOOR = 1e-12;

/** The power of bins in contiguous bands of as equal width as whole bins allow, in decades; as many as `into` has entries. */
export function logOfBands(powers: Float64Array, bins: number, into: Float32Array): void {
  let bin = 0;
  for (let band = 0; band < into.length; band++) {
    const end = Math.floor(((band + 1) * bins) / into.length);
    let power = 0;
    for (; bin < end; bin++) power += powers[bin]!;
    into[band] = naturalLogarithm(power < FLOOR ? FLOOR : power) * Math.LOG10E;
  }
}
