import { multiplyAdd } from './multiply-add';

/**
 * The innermost loops of all matrix products and convolutions: some rows by eight columns of a product, held in
 * registers. Element (row, run, depth) of the left operand lies at `a + row * rowStep + run * runStep + depth * depthStep`,
 * the eight numbers of the right operand for each (run, depth) follow one another every `bStep` bytes. It begins with what
 * lies at `init + row * initStep` (a bias, zeros or the sum so far) and stores nothing below `floor` (0 for ReLU).
 * Six rows need twelve of the fifteen registers that the engine leaves on x86-64; the smaller tiles are for the edges.
 * The loops are not unrolled and the results are stored last row first: with any other order the engine moves all loads of
 * a turn to its begin, where they do not fit the registers (measured: a third slower).
 */
export function tile6(
  a: usize,
  rowStep: usize,
  depthStep: usize,
  runStep: usize,
  runs: usize,
  runLength: usize,
  b: usize,
  bStep: usize,
  init: usize,
  initStep: usize,
  c: usize,
  cStep: usize,
  floor: f32,
): void {
  let l0 = v128.load(init);
  let r0 = v128.load(init, 16);
  let l1 = v128.load(init + initStep);
  let r1 = v128.load(init + initStep, 16);
  let l2 = v128.load(init + 2 * initStep);
  let r2 = v128.load(init + 2 * initStep, 16);
  let l3 = v128.load(init + 3 * initStep);
  let r3 = v128.load(init + 3 * initStep, 16);
  let l4 = v128.load(init + 4 * initStep);
  let r4 = v128.load(init + 4 * initStep, 16);
  let l5 = v128.load(init + 5 * initStep);
  let r5 = v128.load(init + 5 * initStep, 16);
  for (let run: usize = 0; run < runs; run++) {
    let p = a;
    const end = a + runLength * depthStep;
    while (p !== end) {
      const left = v128.load(b);
      const right = v128.load(b, 16);
      let x = v128.load32_splat(p);
      l0 = multiplyAdd(x, left, l0);
      r0 = multiplyAdd(x, right, r0);
      x = v128.load32_splat(p + rowStep);
      l1 = multiplyAdd(x, left, l1);
      r1 = multiplyAdd(x, right, r1);
      x = v128.load32_splat(p + 2 * rowStep);
      l2 = multiplyAdd(x, left, l2);
      r2 = multiplyAdd(x, right, r2);
      x = v128.load32_splat(p + 3 * rowStep);
      l3 = multiplyAdd(x, left, l3);
      r3 = multiplyAdd(x, right, r3);
      x = v128.load32_splat(p + 4 * rowStep);
      l4 = multiplyAdd(x, left, l4);
      r4 = multiplyAdd(x, right, r4);
      x = v128.load32_splat(p + 5 * rowStep);
      l5 = multiplyAdd(x, left, l5);
      r5 = multiplyAdd(x, right, r5);
      p += depthStep;
      b += bStep;
    }
    a += runStep;
  }
  const least = f32x4.splat(floor);
  v128.store(c + 5 * cStep, f32x4.pmax(r5, least), 16);
  v128.store(c + 5 * cStep, f32x4.pmax(l5, least));
  v128.store(c + 4 * cStep, f32x4.pmax(r4, least), 16);
  v128.store(c + 4 * cStep, f32x4.pmax(l4, least));
  v128.store(c + 3 * cStep, f32x4.pmax(r3, least), 16);
  v128.store(c + 3 * cStep, f32x4.pmax(l3, least));
  v128.store(c + 2 * cStep, f32x4.pmax(r2, least), 16);
  v128.store(c + 2 * cStep, f32x4.pmax(l2, least));
  v128.store(c + cStep, f32x4.pmax(r1, least), 16);
  v128.store(c + cStep, f32x4.pmax(l1, least));
  v128.store(c, f32x4.pmax(r0, least), 16);
  v128.store(c, f32x4.pmax(l0, least));
}

/** As `tile6` with one run: without the outer loop the engine keeps some more in registers (measured: a seventh faster). */
export function straightTile6(
  a: usize,
  rowStep: usize,
  depthStep: usize,
  runLength: usize,
  b: usize,
  bStep: usize,
  init: usize,
  initStep: usize,
  c: usize,
  cStep: usize,
  floor: f32,
): void {
  let l0 = v128.load(init);
  let r0 = v128.load(init, 16);
  let l1 = v128.load(init + initStep);
  let r1 = v128.load(init + initStep, 16);
  let l2 = v128.load(init + 2 * initStep);
  let r2 = v128.load(init + 2 * initStep, 16);
  let l3 = v128.load(init + 3 * initStep);
  let r3 = v128.load(init + 3 * initStep, 16);
  let l4 = v128.load(init + 4 * initStep);
  let r4 = v128.load(init + 4 * initStep, 16);
  let l5 = v128.load(init + 5 * initStep);
  let r5 = v128.load(init + 5 * initStep, 16);
  const end = a + runLength * depthStep;
  while (a !== end) {
    const left = v128.load(b);
    const right = v128.load(b, 16);
    let x = v128.load32_splat(a);
    l0 = multiplyAdd(x, left, l0);
    r0 = multiplyAdd(x, right, r0);
    x = v128.load32_splat(a + rowStep);
    l1 = multiplyAdd(x, left, l1);
    r1 = multiplyAdd(x, right, r1);
    x = v128.load32_splat(a + 2 * rowStep);
    l2 = multiplyAdd(x, left, l2);
    r2 = multiplyAdd(x, right, r2);
    x = v128.load32_splat(a + 3 * rowStep);
    l3 = multiplyAdd(x, left, l3);
    r3 = multiplyAdd(x, right, r3);
    x = v128.load32_splat(a + 4 * rowStep);
    l4 = multiplyAdd(x, left, l4);
    r4 = multiplyAdd(x, right, r4);
    x = v128.load32_splat(a + 5 * rowStep);
    l5 = multiplyAdd(x, left, l5);
    r5 = multiplyAdd(x, right, r5);
    a += depthStep;
    b += bStep;
  }
  const least = f32x4.splat(floor);
  v128.store(c + 5 * cStep, f32x4.pmax(r5, least), 16);
  v128.store(c + 5 * cStep, f32x4.pmax(l5, least));
  v128.store(c + 4 * cStep, f32x4.pmax(r4, least), 16);
  v128.store(c + 4 * cStep, f32x4.pmax(l4, least));
  v128.store(c + 3 * cStep, f32x4.pmax(r3, least), 16);
  v128.store(c + 3 * cStep, f32x4.pmax(l3, least));
  v128.store(c + 2 * cStep, f32x4.pmax(r2, least), 16);
  v128.store(c + 2 * cStep, f32x4.pmax(l2, least));
  v128.store(c + cStep, f32x4.pmax(r1, least), 16);
  v128.store(c + cStep, f32x4.pmax(l1, least));
  v128.store(c, f32x4.pmax(r0, least), 16);
  v128.store(c, f32x4.pmax(l0, least));
}

export function tile4(
  a: usize,
  rowStep: usize,
  depthStep: usize,
  runStep: usize,
  runs: usize,
  runLength: usize,
  b: usize,
  bStep: usize,
  init: usize,
  initStep: usize,
  c: usize,
  cStep: usize,
  floor: f32,
): void {
  let l0 = v128.load(init);
  let r0 = v128.load(init, 16);
  let l1 = v128.load(init + initStep);
  let r1 = v128.load(init + initStep, 16);
  let l2 = v128.load(init + 2 * initStep);
  let r2 = v128.load(init + 2 * initStep, 16);
  let l3 = v128.load(init + 3 * initStep);
  let r3 = v128.load(init + 3 * initStep, 16);
  for (let run: usize = 0; run < runs; run++) {
    let p = a;
    const end = a + runLength * depthStep;
    while (p !== end) {
      const left = v128.load(b);
      const right = v128.load(b, 16);
      let x = v128.load32_splat(p);
      l0 = multiplyAdd(x, left, l0);
      r0 = multiplyAdd(x, right, r0);
      x = v128.load32_splat(p + rowStep);
      l1 = multiplyAdd(x, left, l1);
      r1 = multiplyAdd(x, right, r1);
      x = v128.load32_splat(p + 2 * rowStep);
      l2 = multiplyAdd(x, left, l2);
      r2 = multiplyAdd(x, right, r2);
      x = v128.load32_splat(p + 3 * rowStep);
      l3 = multiplyAdd(x, left, l3);
      r3 = multiplyAdd(x, right, r3);
      p += depthStep;
      b += bStep;
    }
    a += runStep;
  }
  const least = f32x4.splat(floor);
  v128.store(c + 3 * cStep, f32x4.pmax(r3, least), 16);
  v128.store(c + 3 * cStep, f32x4.pmax(l3, least));
  v128.store(c + 2 * cStep, f32x4.pmax(r2, least), 16);
  v128.store(c + 2 * cStep, f32x4.pmax(l2, least));
  v128.store(c + cStep, f32x4.pmax(r1, least), 16);
  v128.store(c + cStep, f32x4.pmax(l1, least));
  v128.store(c, f32x4.pmax(r0, least), 16);
  v128.store(c, f32x4.pmax(l0, least));
}

export function tile3(
  a: usize,
  rowStep: usize,
  depthStep: usize,
  runStep: usize,
  runs: usize,
  runLength: usize,
  b: usize,
  bStep: usize,
  init: usize,
  initStep: usize,
  c: usize,
  cStep: usize,
  floor: f32,
): void {
  let l0 = v128.load(init);
  let r0 = v128.load(init, 16);
  let l1 = v128.load(init + initStep);
  let r1 = v128.load(init + initStep, 16);
  let l2 = v128.load(init + 2 * initStep);
  let r2 = v128.load(init + 2 * initStep, 16);
  for (let run: usize = 0; run < runs; run++) {
    let p = a;
    const end = a + runLength * depthStep;
    while (p !== end) {
      const left = v128.load(b);
      const right = v128.load(b, 16);
      let x = v128.load32_splat(p);
      l0 = multiplyAdd(x, left, l0);
      r0 = multiplyAdd(x, right, r0);
      x = v128.load32_splat(p + rowStep);
      l1 = multiplyAdd(x, left, l1);
      r1 = multiplyAdd(x, right, r1);
      x = v128.load32_splat(p + 2 * rowStep);
      l2 = multiplyAdd(x, left, l2);
      r2 = multiplyAdd(x, right, r2);
      p += depthStep;
      b += bStep;
    }
    a += runStep;
  }
  const least = f32x4.splat(floor);
  v128.store(c + 2 * cStep, f32x4.pmax(r2, least), 16);
  v128.store(c + 2 * cStep, f32x4.pmax(l2, least));
  v128.store(c + cStep, f32x4.pmax(r1, least), 16);
  v128.store(c + cStep, f32x4.pmax(l1, least));
  v128.store(c, f32x4.pmax(r0, least), 16);
  v128.store(c, f32x4.pmax(l0, least));
}

export function tile2(
  a: usize,
  rowStep: usize,
  depthStep: usize,
  runStep: usize,
  runs: usize,
  runLength: usize,
  b: usize,
  bStep: usize,
  init: usize,
  initStep: usize,
  c: usize,
  cStep: usize,
  floor: f32,
): void {
  let l0 = v128.load(init);
  let r0 = v128.load(init, 16);
  let l1 = v128.load(init + initStep);
  let r1 = v128.load(init + initStep, 16);
  for (let run: usize = 0; run < runs; run++) {
    let p = a;
    const end = a + runLength * depthStep;
    while (p !== end) {
      const left = v128.load(b);
      const right = v128.load(b, 16);
      let x = v128.load32_splat(p);
      l0 = multiplyAdd(x, left, l0);
      r0 = multiplyAdd(x, right, r0);
      x = v128.load32_splat(p + rowStep);
      l1 = multiplyAdd(x, left, l1);
      r1 = multiplyAdd(x, right, r1);
      p += depthStep;
      b += bStep;
    }
    a += runStep;
  }
  const least = f32x4.splat(floor);
  v128.store(c + cStep, f32x4.pmax(r1, least), 16);
  v128.store(c + cStep, f32x4.pmax(l1, least));
  v128.store(c, f32x4.pmax(r0, least), 16);
  v128.store(c, f32x4.pmax(l0, least));
}

export function tile1(
  a: usize,
  _rowStep: usize,
  depthStep: usize,
  runStep: usize,
  runs: usize,
  runLength: usize,
  b: usize,
  bStep: usize,
  init: usize,
  _initStep: usize,
  c: usize,
  _cStep: usize,
  floor: f32,
): void {
  let l0 = v128.load(init);
  let r0 = v128.load(init, 16);
  for (let run: usize = 0; run < runs; run++) {
    let p = a;
    const end = a + runLength * depthStep;
    while (p !== end) {
      const left = v128.load(b);
      const right = v128.load(b, 16);
      const x = v128.load32_splat(p);
      l0 = multiplyAdd(x, left, l0);
      r0 = multiplyAdd(x, right, r0);
      p += depthStep;
      b += bStep;
    }
    a += runStep;
  }
  const least = f32x4.splat(floor);
  v128.store(c, f32x4.pmax(r0, least), 16);
  v128.store(c, f32x4.pmax(l0, least));
}

/** Any number of rows, in tiles of as many as possible; a rest of two after eight would be slow. */
export function tiles(
  rows: usize,
  a: usize,
  rowStep: usize,
  depthStep: usize,
  runStep: usize,
  runs: usize,
  runLength: usize,
  b: usize,
  bStep: usize,
  init: usize,
  initStep: usize,
  c: usize,
  cStep: usize,
  floor: f32,
): void {
  while (rows > 0) {
    const now: usize = rows >= 6 && rows !== 8 ? 6 : rows >= 4 ? 4 : rows;
    if (now === 6 && runs === 1) {
      straightTile6(a, rowStep, depthStep, runLength, b, bStep, init, initStep, c, cStep, floor);
    } else if (now === 6)
      tile6(a, rowStep, depthStep, runStep, runs, runLength, b, bStep, init, initStep, c, cStep, floor);
    else if (now === 4)
      tile4(a, rowStep, depthStep, runStep, runs, runLength, b, bStep, init, initStep, c, cStep, floor);
    else if (now === 3)
      tile3(a, rowStep, depthStep, runStep, runs, runLength, b, bStep, init, initStep, c, cStep, floor);
    else if (now === 2)
      tile2(a, rowStep, depthStep, runStep, runs, runLength, b, bStep, init, initStep, c, cStep, floor);
    else tile1(a, rowStep, depthStep, runStep, runs, runLength, b, bStep, init, initStep, c, cStep, floor);
    rows -= now;
    a += now * rowStep;
    init += now * initStep;
    c += now * cStep;
  }
}

/** As `tiles` where fewer than eight columns of the result exist: through a small buffer of `rows` times 32 bytes. */
export function narrowTiles(
  columns: usize,
  edge: usize,
  rows: usize,
  a: usize,
  rowStep: usize,
  depthStep: usize,
  runStep: usize,
  runs: usize,
  runLength: usize,
  b: usize,
  bStep: usize,
  init: usize,
  initStep: usize,
  c: usize,
  cStep: usize,
  floor: f32,
): void {
  for (let row: usize = 0; row < rows; row++) {
    v128.store(edge + row * 32, f32x4.splat(0));
    v128.store(edge + row * 32, f32x4.splat(0), 16);
    memory.copy(edge + row * 32, init + row * initStep, columns << 2);
  }
  tiles(rows, a, rowStep, depthStep, runStep, runs, runLength, b, bStep, edge, 32, edge, 32, floor);
  for (let row: usize = 0; row < rows; row++) memory.copy(c + row * cStep, edge + row * 32, columns << 2);
}
