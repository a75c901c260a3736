// AssemblyScript, compiled to WASM SIMD by `npm run build:code`; the caller pads counts to multiples of 4 with zeros.

/** 1.5 · 2^52: a 64-bit float added to it becomes an integer in its low bits, rounded half to even. */
const NEAR_MAGIC: f64 = 6755399441055744.0;

/** 1.5 · 2^64: the same for multiples of 2^12, up to ± 2^63. */
const FAR_MAGIC: f64 = 4096.0 * NEAR_MAGIC;

/** The largest of the values' bits without their sign: infinities and NaNs are above every finite value. */
export function largestBits(values: usize, count: i32): u32 {
  const mask = i32x4.splat(0x7fffffff);
  let first = i32x4.splat(0);
  let second = i32x4.splat(0);
  const end = (<usize>count) << 2;
  const paired = end & ~(<usize>31);
  let at: usize = 0;
  for (; at < paired; at += 32) {
    first = i32x4.max_u(first, v128.and(v128.load(values + at), mask));
    second = i32x4.max_u(second, v128.and(v128.load(values + at, 16), mask));
  }
  if (at < end) first = i32x4.max_u(first, v128.and(v128.load(values + at), mask));
  first = i32x4.max_u(first, second);
  return max(
    max(<u32>i32x4.extract_lane(first, 0), <u32>i32x4.extract_lane(first, 1)),
    max(<u32>i32x4.extract_lane(first, 2), <u32>i32x4.extract_lane(first, 3)),
  );
}

function nearLow(values: v128, scale: v128): v128 {
  return f64x2.add(f64x2.mul(f64x2.promote_low_f32x4(values), scale), f64x2.splat(NEAR_MAGIC));
}

function nearHigh(values: v128, scale: v128): v128 {
  return nearLow(i32x4.shuffle(values, values, 2, 3, 2, 3), scale);
}

/** sums += round(values · scale), for products below 2^51. */
export function foldNear(sums: usize, values: usize, count: i32, scale: f64): void {
  const factor = f64x2.splat(scale);
  const magic = i64x2.splat(reinterpret<i64>(NEAR_MAGIC));
  for (let at: usize = 0, end = (<usize>count) << 2; at < end; at += 16) {
    const some = v128.load(values + at);
    const sum = sums + (at << 1);
    v128.store(sum, i64x2.add(v128.load(sum), i64x2.sub(nearLow(some, factor), magic)));
    v128.store(sum, i64x2.add(v128.load(sum, 16), i64x2.sub(nearHigh(some, factor), magic)), 16);
  }
}

/** The same for four tiles that follow each other in memory, `stride` bytes apart: the sums are read once for all. */
export function foldNearFour(
  sums: usize,
  values: usize,
  stride: usize,
  count: i32,
  scale0: f64,
  scale1: f64,
  scale2: f64,
  scale3: f64,
): void {
  const factor0 = f64x2.splat(scale0);
  const factor1 = f64x2.splat(scale1);
  const factor2 = f64x2.splat(scale2);
  const factor3 = f64x2.splat(scale3);
  // The four magic numbers are taken off at once.
  const magics = i64x2.splat(4 * reinterpret<i64>(NEAR_MAGIC));
  for (let at: usize = 0, end = (<usize>count) << 2; at < end; at += 16) {
    const place = values + at;
    const some0 = v128.load(place);
    const some1 = v128.load(place + stride);
    const some2 = v128.load(place + 2 * stride);
    const some3 = v128.load(place + 3 * stride);
    const sum = sums + (at << 1);
    const low = i64x2.add(
      i64x2.add(nearLow(some0, factor0), nearLow(some1, factor1)),
      i64x2.add(nearLow(some2, factor2), nearLow(some3, factor3)),
    );
    const high = i64x2.add(
      i64x2.add(nearHigh(some0, factor0), nearHigh(some1, factor1)),
      i64x2.add(nearHigh(some2, factor2), nearHigh(some3, factor3)),
    );
    v128.store(sum, i64x2.add(v128.load(sum), i64x2.sub(low, magics)));
    v128.store(sum, i64x2.add(v128.load(sum, 16), i64x2.sub(high, magics)), 16);
  }
}

function far(product: v128): v128 {
  const magic = f64x2.splat(FAR_MAGIC);
  const shifted = f64x2.add(product, magic);
  // What is left is exact and below 2^12, so that the sum of both roundings is the rounding of the product.
  const rest = f64x2.sub(product, f64x2.sub(shifted, magic));
  const near = f64x2.splat(NEAR_MAGIC);
  return i64x2.add(i64x2.shl(i64x2.sub(shifted, magic), 12), i64x2.sub(f64x2.add(rest, near), near));
}

/** sums += round(values · scale), for products up to 2^62: the same integers as `foldNear`, where that one may be used. */
export function foldFar(sums: usize, values: usize, count: i32, scale: f64): void {
  const factor = f64x2.splat(scale);
  for (let at: usize = 0, end = (<usize>count) << 2; at < end; at += 16) {
    const some = v128.load(values + at);
    const sum = sums + (at << 1);
    const low = far(f64x2.mul(f64x2.promote_low_f32x4(some), factor));
    const high = far(f64x2.mul(f64x2.promote_low_f32x4(i32x4.shuffle(some, some, 2, 3, 2, 3)), factor));
    v128.store(sum, i64x2.add(v128.load(sum), low));
    v128.store(sum, i64x2.add(v128.load(sum, 16), high), 16);
  }
}

/** sums += others, or sums -= others. */
export function addSums(sums: usize, others: usize, count: i32, subtract: i32): void {
  for (let at: usize = 0, end = (<usize>count) << 3; at < end; at += 16) {
    const sum = v128.load(sums + at);
    const other = v128.load(others + at);
    v128.store(sums + at, subtract ? i64x2.sub(sum, other) : i64x2.add(sum, other));
  }
}

/** means = sums · step / divisor, in 64-bit floats, then rounded to 32 bits. */
export function meansOf(sums: usize, means: usize, count: i32, step: f64, divisor: f64): void {
  for (let at: usize = 0, end = (<usize>count) << 2; at < end; at += 16) {
    const sum = sums + (at << 1);
    const low = f64x2.div(
      f64x2.mul(f64x2(<f64>load<i64>(sum), <f64>load<i64>(sum, 8)), f64x2.splat(step)),
      f64x2.splat(divisor),
    );
    const high = f64x2.div(
      f64x2.mul(f64x2(<f64>load<i64>(sum, 16), <f64>load<i64>(sum, 24)), f64x2.splat(step)),
      f64x2.splat(divisor),
    );
    v128.store(
      means + at,
      i32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5),
    );
  }
}

/** sums += values · factor in 32-bit floats, for four tiles: fast, and its bits depend on the order. */
export function foldFloatsFour(
  sums: usize,
  values: usize,
  stride: usize,
  count: i32,
  factor0: f32,
  factor1: f32,
  factor2: f32,
  factor3: f32,
): void {
  const by0 = f32x4.splat(factor0);
  const by1 = f32x4.splat(factor1);
  const by2 = f32x4.splat(factor2);
  const by3 = f32x4.splat(factor3);
  for (let at: usize = 0, end = (<usize>count) << 2; at < end; at += 16) {
    const place = values + at;
    const some = f32x4.add(
      f32x4.add(f32x4.mul(v128.load(place), by0), f32x4.mul(v128.load(place + stride), by1)),
      f32x4.add(f32x4.mul(v128.load(place + 2 * stride), by2), f32x4.mul(v128.load(place + 3 * stride), by3)),
    );
    v128.store(sums + at, f32x4.add(v128.load(sums + at), some));
  }
}
