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
  for (; column + 16 <= columns; column += 16) {
    let place = matrix + (column << 2);
    const at = sums + (column << 2);
    let a = v128.load(at);
    let b = v128.load(at, 16);
    let c = v128.load(at, 32);
    let d = v128.load(at, 48);
    for (let row: usize = 0; row < rows; row++, place += step) {
      a = f32x4.add(a, v128.load(place));
      b = f32x4.add(b, v128.load(place, 16));
      c = f32x4.add(c, v128.load(place, 32));
      d = f32x4.add(d, v128.load(place, 48));
    }
    v128.store(at, a);
    v128.store(at, b, 16);
    v128.store(at, c, 32);
    v128.store(at, d, 48);
  }
  for (; column + 4 <= columns; column += 4) {
    let place = matrix + (column << 2);
    let sum = v128.load(sums + (column << 2));
    for (let row: usize = 0; row < rows; row++, place += step) sum = f32x4.add(sum, v128.load(place));
    v128.store(sums + (column << 2), sum);
  }
  for (; column < columns; column++) {
    let place = matrix + (column << 2);
    let sum: f32 = load<f32>(sums + (column << 2));
    for (let row: usize = 0; row < rows; row++, place += step) sum += load<f32>(place);
    store<f32>(sums + (column << 2), sum);
  }
}

/** Sum of the numbers of each row of a matrix, in four strands. */
export function rowSums(matrix: usize, rows: usize, columns: usize, sums: usize): void {
  for (let row: usize = 0; row < rows; row++, sums += 4) {
    let strands = f32x4.splat(0);
    let index: usize = 0;
    for (; index + 4 <= columns; index += 4, matrix += 16) strands = f32x4.add(strands, v128.load(matrix));
    let sum =
      f32x4.extract_lane(strands, 0) +
      f32x4.extract_lane(strands, 1) +
      (f32x4.extract_lane(strands, 2) + f32x4.extract_lane(strands, 3));
    for (; index < columns; index++, matrix += 4) sum += load<f32>(matrix);
    store<f32>(sums, sum);
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
