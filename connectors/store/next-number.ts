const float64 = new Float64Array(1);
const int64 = new BigInt64Array(float64.buffer);

/** The least number greater than a finite one. */
export function nextAbove(value: number): number {
  // Adding zero makes minus zero zero, whose bits then count up.
  float64[0] = value + 0;
  const bits = int64[0] ?? 0n;
  int64[0] = bits >= 0n ? bits + 1n : bits - 1n;
  return float64[0] ?? value;
}

/** The greatest number less than a finite one. */
export function nextBelow(value: number): number {
  return -nextAbove(-value);
}
