// Payloads to 32-bit floats. Counts are padded to multiples of 8; source and target do not overlap.

function floatsOf(halves: v128): v128 {
  const sign = i32x4.shl(v128.and(halves, i32x4.splat(0x8000)), 16);
  const magnitude = v128.and(halves, i32x4.splat(0x7fff));
  // The exponent's bias goes from 15 to 127; that of infinities and NaNs to its end.
  const special = i32x4.ge_s(magnitude, i32x4.splat(0x7c00));
  const bias = v128.bitselect(i32x4.splat(0x70000000), i32x4.splat(0x38000000), special);
  const normal = i32x4.add(i32x4.shl(magnitude, 13), bias);
  // Subnormal halves as integers times 2^-24: floats that are subnormal would cost hundreds of cycles.
  const subnormal = f32x4.mul(f32x4.convert_i32x4_s(magnitude), f32x4.splat(5.9604644775390625e-8));
  const isSubnormal = i32x4.lt_s(magnitude, i32x4.splat(0x0400));
  return v128.or(sign, v128.bitselect(subnormal, normal, isSubnormal));
}

/** 16-bit floats; exact, infinities and NaNs stay such. */
export function decodeHalves(halves: usize, floats: usize, count: i32): void {
  for (let at: usize = 0, end = (<usize>count) << 1; at < end; at += 16) {
    const some = v128.load(halves + at);
    v128.store(floats + (at << 1), floatsOf(i32x4.extend_low_i16x8_u(some)));
    v128.store(floats + (at << 1), floatsOf(i32x4.extend_high_i16x8_u(some)), 16);
  }
}

/** 8-bit integers times a scale, rounded once to 32 bits. */
export function decodeBytes(bytes: usize, floats: usize, count: i32, scale: f32): void {
  const by = f32x4.splat(scale);
  for (let at: usize = 0, end = <usize>count; at < end; at += 8) {
    const some = i16x8.extend_low_i8x16_s(v128.load64_zero(bytes + at));
    const place = floats + (at << 2);
    v128.store(place, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(some)), by));
    v128.store(place, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(some)), by), 16);
  }
}
