/**
 * `a * b + c` of four numbers: in the relaxed build one instruction that rounds once, in the plain build two that round
 * twice. The compiler inlines it.
 */
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}
