/** Numbers summed in single precision before their sum goes into double precision. */
export const BLOCK: usize = 32;

/** The upper two of four numbers in double precision. */
export function promoteHigh(numbers: v128): v128 {
  return f64x2.promote_low_f32x4(i32x4.shuffle(numbers, numbers, 2, 3, 2, 3));
}

/** Four numbers of single precision from two times two of double precision. */
export function single(low: v128, high: v128): v128 {
  return i32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}
