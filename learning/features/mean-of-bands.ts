/** Averages bins over contiguous bands of as equal width as whole bins allow; as many bands as `into` has entries. */
export function meanOfBands(bins: Float64Array, into: Float32Array): void {
  let bin = 0;
  for (let band = 0; band < into.length; band++) {
    const begin = bin;
    const end = Math.floor(((band + 1) * bins.length) / into.length);
    let sum = 0;
    for (; bin < end; bin++) sum += bins[bin]!;
    into[band] = sum / (end - begin);
  }
}
