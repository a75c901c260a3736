import { narrowTiles, tiles } from './tile';

/** What a block of the left matrix may take of the first-level cache, in bytes. */
const BLOCK_BYTES: usize = 16_384;

/**
 * Copies a matrix of `depth` rows and `columns` into panels of eight columns that lie one after another, the last one
 * filled up with zeros. The steps are in bytes, so that a transposed matrix is packed by exchanging them.
 */
export function packPanels(
  from: usize,
  depthStep: usize,
  columnStep: usize,
  depth: usize,
  columns: usize,
  into: usize,
): void {
  for (let column: usize = 0; column < columns; column += 8) {
    const width = min<usize>(8, columns - column);
    let source = from + column * columnStep;
    if (width === 8 && columnStep === 4) {
      for (let row: usize = 0; row < depth; row++, source += depthStep, into += 32) {
        v128.store(into, v128.load(source));
        v128.store(into, v128.load(source, 16), 16);
      }
    } else if (width === 8 && depthStep === 4) {
      into = packTransposed(source, columnStep, depth, into);
    } else {
      for (let row: usize = 0; row < depth; row++, source += depthStep, into += 32) {
        let place = source;
        for (let index: usize = 0; index < width; index++, place += columnStep) {
          store<f32>(into + (index << 2), load<f32>(place));
        }
        for (let index = width; index < 8; index++) store<f32>(into + (index << 2), 0);
      }
    }
  }
}

/**
 * Copies a matrix of `depth` rows and `columns` into strips of six columns, as many as a tile has rows; the last one is
 * as wide as what is left.
 */
export function packStrips(from: usize, depthStep: usize, depth: usize, columns: usize, into: usize): void {
  for (let column: usize = 0; column < columns; column += 6) {
    const width = min<usize>(6, columns - column);
    let source = from + (column << 2);
    for (let row: usize = 0; row < depth; row++, source += depthStep, into += width << 2) {
      if (width === 6) {
        v128.store(into, v128.load(source));
        store<u64>(into, load<u64>(source, 16), 16);
      } else {
        for (let index: usize = 0; index < width; index++) {
          store<f32>(into + (index << 2), load<f32>(source + (index << 2)));
        }
      }
    }
  }
}

/** Eight rows of `depth` numbers turned into `depth` rows of eight, four by four in registers; returns the end. */
function packTransposed(from: usize, step: usize, depth: usize, into: usize): usize {
  let done: usize = 0;
  for (; done + 4 <= depth; done += 4, from += 16, into += 128) {
    transposeFour(from, step, into);
    transposeFour(from + 4 * step, step, into + 16);
  }
  for (; done < depth; done++, from += 4, into += 32) {
    for (let index: usize = 0; index < 8; index++) {
      store<f32>(into + (index << 2), load<f32>(from + index * step));
    }
  }
  return into;
}

function transposeFour(from: usize, step: usize, into: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + step);
  const c = v128.load(from + 2 * step);
  const d = v128.load(from + 3 * step);
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(into, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(into, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7), 32);
  v128.store(into, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5), 64);
  v128.store(into, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7), 96);
}

/**
 * `c = max(floor, init + a * b)` with `rows` × `depth` times `depth` × `columns`. The right operand lies in panels
 * (`panelStep` bytes from one to the next, `bStep` from one row of a panel to the next); steps are in bytes.
 * @param init bias (`initStep` 0), zeros or what is added to.
 * @param edge buffer of `rows` times 32 bytes for a last panel that is not full.
 */
export function multiply(
  rows: usize,
  depth: usize,
  columns: usize,
  a: usize,
  rowStep: usize,
  depthStep: usize,
  b: usize,
  bStep: usize,
  panelStep: usize,
  init: usize,
  initStep: usize,
  c: usize,
  cStep: usize,
  floor: f32,
  edge: usize,
): void {
  // A block of rows stays in the first-level cache while all panels pass by.
  const block = max<usize>(6, (BLOCK_BYTES / (max<usize>(depth, 1) << 2) / 6) * 6);
  for (let row: usize = 0; row < rows; row += block) {
    const count = min(block, rows - row);
    const from = a + row * rowStep;
    for (let column: usize = 0; column < columns; column += 8) {
      const panel = b + (column >> 3) * panelStep;
      const start = init + row * initStep + (column << 2);
      const to = c + row * cStep + (column << 2);
      const width = columns - column;
      if (width >= 8) {
        tiles(count, from, rowStep, depthStep, 0, 1, depth, panel, bStep, start, initStep, to, cStep, floor);
      } else {
        narrowTiles(
          width,
          edge,
          count,
          from,
          rowStep,
          depthStep,
          0,
          1,
          depth,
          panel,
          bStep,
          start,
          initStep,
          to,
          cStep,
          floor,
        );
      }
    }
  }
}
