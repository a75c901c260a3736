// Order statistics of the rows of a strip of 64 columns: 16 vectors a row, so that many rows stay in the nearest cache.

/** Bytes of a row of a strip. */
const ROW: usize = 256;

function swapped(bits: v128): v128 {
  return v128.xor(bits, v128.and(i32x4.shr_s(bits, 31), i32x4.splat(0x7fffffff)));
}

/** Writes integers that are ordered as the floats are, -0 before +0: a total order, so that rows may be permuted. */
export function toKeys(values: usize, keys: usize): void {
  for (let at: usize = 0; at < ROW; at += 16) v128.store(keys + at, swapped(v128.load(values + at)));
}

/** Applies comparators: `pairs` holds three 32-bit integers each, the rows' byte offsets and what is needed of both. */
export function compareRows(keys: usize, pairs: usize, pairCount: i32): void {
  for (let pair = pairs, end = pairs + <usize>pairCount * 12; pair < end; pair += 12) {
    const lower = keys + <usize>load<u32>(pair);
    const upper = keys + <usize>load<u32>(pair, 4);
    const needed = load<u32>(pair, 8);
    if (needed === 3) {
      for (let at: usize = 0; at < ROW; at += 32) {
        const a = v128.load(lower + at);
        const b = v128.load(upper + at);
        const c = v128.load(lower + at, 16);
        const d = v128.load(upper + at, 16);
        v128.store(lower + at, i32x4.min_s(a, b));
        v128.store(upper + at, i32x4.max_s(a, b));
        v128.store(lower + at, i32x4.min_s(c, d), 16);
        v128.store(upper + at, i32x4.max_s(c, d), 16);
      }
    } else if (needed === 1) {
      for (let at: usize = 0; at < ROW; at += 16) {
        v128.store(lower + at, i32x4.min_s(v128.load(lower + at), v128.load(upper + at)));
      }
    } else {
      for (let at: usize = 0; at < ROW; at += 16) {
        v128.store(upper + at, i32x4.max_s(v128.load(lower + at), v128.load(upper + at)));
      }
    }
  }
}

function demoted(low: v128, high: v128): v128 {
  return i32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** The mean of the rows `first` to `last` (exclusive), summed in their order in 64-bit floats. */
export function meanOfRows(keys: usize, first: i32, last: i32, means: usize): void {
  const count = f64x2.splat(<f64>(last - first));
  for (let at: usize = 0; at < ROW; at += 16) {
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    for (let row = first; row < last; row++) {
      const some = swapped(v128.load(keys + <usize>row * ROW + at));
      low = f64x2.add(low, f64x2.promote_low_f32x4(some));
      high = f64x2.add(high, f64x2.promote_low_f32x4(i32x4.shuffle(some, some, 2, 3, 2, 3)));
    }
    v128.store(means + at, demoted(f64x2.div(low, count), f64x2.div(high, count)));
  }
}

/** The mean of the `kept` values nearest to the column's median; the rows are sorted. A tie goes to the lower value. */
export function meanAroundMedian(keys: usize, rows: i32, kept: i32, means: usize): void {
  const count = f64x2.splat(<f64>kept);
  const spare = rows - kept;
  for (let at: usize = 0; at < ROW; at += 16) {
    const column = keys + at;
    const below = swapped(v128.load(column + <usize>((rows - 1) >> 1) * ROW));
    const above = swapped(v128.load(column + <usize>(rows >> 1) * ROW));
    const half = f32x4.splat(0.5);
    const median = f32x4.add(f32x4.mul(below, half), f32x4.mul(above, half));
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    for (let row = 0; row < rows; row++) {
      const some = swapped(v128.load(column + <usize>row * ROW));
      const distance = f32x4.abs(f32x4.sub(some, median));
      let taken = i32x4.splat(-1);
      // The kept values follow each other: a value gives way to the one `kept` rows above where that one is nearer.
      if (row >= kept) {
        const rival = swapped(v128.load(column + <usize>(row - kept) * ROW));
        taken = f32x4.gt(f32x4.abs(f32x4.sub(rival, median)), distance);
      }
      if (row < spare) {
        const rival = swapped(v128.load(column + <usize>(row + kept) * ROW));
        taken = v128.and(taken, f32x4.le(distance, f32x4.abs(f32x4.sub(rival, median))));
      }
      const value = v128.and(some, taken);
      low = f64x2.add(low, f64x2.promote_low_f32x4(value));
      high = f64x2.add(high, f64x2.promote_low_f32x4(i32x4.shuffle(value, value, 2, 3, 2, 3)));
    }
    v128.store(means + at, demoted(f64x2.div(low, count), f64x2.div(high, count)));
  }
}
