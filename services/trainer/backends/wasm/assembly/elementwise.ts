import { BLOCK, promoteHigh, single } from './double-sums';
import { loadSome, storeSome } from './some-lanes';

/** `out = slope` where the output of a ReLU is above zero, else 0. `out` may be `slopes`. */
export function reluGradient(slopes: usize, outputs: usize, out: usize, count: usize): void {
  const zero = f32x4.splat(0);
  let index: usize = 0;
  for (; index + 4 <= count; index += 4) {
    const place = index << 2;
    v128.store(out + place, v128.and(v128.load(slopes + place), f32x4.gt(v128.load(outputs + place), zero)));
  }
  for (; index < count; index++) {
    const place = index << 2;
    store<f32>(out + place, load<f32>(outputs + place) > 0 ? load<f32>(slopes + place) : 0);
  }
}

/** Adds each column of a matrix to `sums`: the gradient of a bias. */
export function addColumnSums(matrix: usize, rows: usize, columns: usize, sums: usize): void {
  const step = columns << 2;
  let column: usize = 0;
  for (; column + 8 <= columns; column += 8) {
    let place = matrix + (column << 2);
    const at = sums + (column << 2);
    let a = f64x2.promote_low_f32x4(v128.load(at));
    let b = promoteHigh(v128.load(at));
    let c = f64x2.promote_low_f32x4(v128.load(at, 16));
    let d = promoteHigh(v128.load(at, 16));
    for (let begin: usize = 0; begin < rows; begin += BLOCK) {
      const count = min(BLOCK, rows - begin);
      let left = f32x4.splat(0);
      let right = f32x4.splat(0);
      for (let row: usize = 0; row < count; row++, place += step) {
        left = f32x4.add(left, v128.load(place));
        right = f32x4.add(right, v128.load(place, 16));
      }
      a = f64x2.add(a, f64x2.promote_low_f32x4(left));
      b = f64x2.add(b, promoteHigh(left));
      c = f64x2.add(c, f64x2.promote_low_f32x4(right));
      d = f64x2.add(d, promoteHigh(right));
    }
    v128.store(at, single(a, b));
    v128.store(at, single(c, d), 16);
  }
  for (; column < columns; column += 4) {
    const kept = min<usize>(4, columns - column);
    let place = matrix + (column << 2);
    const at = sums + (column << 2);
    const start = loadSome(at, kept);
    let a = f64x2.promote_low_f32x4(start);
    let b = promoteHigh(start);
    for (let begin: usize = 0; begin < rows; begin += BLOCK) {
      const count = min(BLOCK, rows - begin);
      let sum = f32x4.splat(0);
      for (let row: usize = 0; row < count; row++, place += step) {
        sum = f32x4.add(sum, loadSome(place, kept));
      }
      a = f64x2.add(a, f64x2.promote_low_f32x4(sum));
      b = f64x2.add(b, promoteHigh(sum));
    }
    storeSome(at, single(a, b), kept);
  }
}

/** Sum of the numbers of each row of a matrix. */
export function rowSums(matrix: usize, rows: usize, columns: usize, sums: usize): void {
  const whole = columns & ~3;
  for (let row: usize = 0; row < rows; row++, sums += 4) {
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    for (let begin: usize = 0; begin < whole; begin += 4 * BLOCK) {
      const end = min(begin + 4 * BLOCK, whole);
      let strands = f32x4.splat(0);
      for (let index = begin; index < end; index += 4, matrix += 16) {
        strands = f32x4.add(strands, v128.load(matrix));
      }
      low = f64x2.add(low, f64x2.promote_low_f32x4(strands));
      high = f64x2.add(high, promoteHigh(strands));
    }
    const both = f64x2.add(low, high);
    let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
    for (let index = whole; index < columns; index++, matrix += 4) sum += load<f32>(matrix) as f64;
    store<f32>(sums, sum as f32);
  }
}

/** `values *= factor` */
export function scale(values: usize, count: usize, factor: f32): void {
  const factors = f32x4.splat(factor);
  let index: usize = 0;
  for (; index + 4 <= count; index += 4, values += 16)
    v128.store(values, f32x4.mul(v128.load(values), factors));
  for (; index < count; index++, values += 4) store<f32>(values, load<f32>(values) * factor);
}

/** Copies one row of numbers to each of `rows` rows, times a factor: the slope of a mean over pixels. */
export function spreadRow(row: usize, columns: usize, factor: f32, rows: usize, out: usize): void {
  for (let index: usize = 0; index < columns; index++) {
    store<f32>(out + (index << 2), load<f32>(row + (index << 2)) * factor);
  }
  for (let copy: usize = 1; copy < rows; copy++) memory.copy(out + copy * (columns << 2), out, columns << 2);
}

/** Adds row `index[i]` of the output to be: the gradient of a gather. Rows outside are left out, as in TensorFlow. */
export function addSegments(
  rows: usize,
  indices: usize,
  count: usize,
  width: usize,
  segments: i32,
  out: usize,
): void {
  memory.fill(out, 0, (segments as usize) * (width << 2));
  for (let row: usize = 0; row < count; row++, rows += width << 2) {
    const segment = load<i32>(indices + (row << 2));
    if (segment < 0 || segment >= segments) continue;
    addColumnSums(rows, 1, width, out + (((segment as usize) * width) << 2));
  }
}

/** Sets `bytes` bytes to zero. */
export function clear(address: usize, bytes: usize): void {
  memory.fill(address, 0, bytes);
}

/** Copies `bytes` bytes. */
export function copyBytes(from: usize, to: usize, bytes: usize): void {
  memory.copy(to, from, bytes);
}
