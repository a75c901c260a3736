// Inner products of rows in blocks of 2 × 2: each value that is loaded is used twice. Products of 32-bit floats are
// exact in 64 bits, so that near rows keep their small distances.

function upper(values: v128): v128 {
  return f64x2.promote_low_f32x4(i32x4.shuffle(values, values, 2, 3, 2, 3));
}

function addTo(products: usize, sum: v128): void {
  store<f64>(products, load<f64>(products) + (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)));
}

/** products[i][j] += row i · row j for j >= i. `rowCount` is even and `count` a multiple of 4: both padded with zeros. */
export function addGram(rows: usize, stride: usize, rowCount: i32, count: i32, products: usize): void {
  const end = (<usize>count) << 2;
  const line = (<usize>rowCount) << 3;
  for (let i = 0; i < rowCount; i += 2) {
    const rowA = rows + <usize>i * stride;
    const rowB = rowA + stride;
    for (let j = i; j < rowCount; j += 2) {
      const rowC = rows + <usize>j * stride;
      const rowD = rowC + stride;
      let ac = f64x2.splat(0);
      let ad = f64x2.splat(0);
      let bc = f64x2.splat(0);
      let bd = f64x2.splat(0);
      for (let at: usize = 0; at < end; at += 16) {
        const a = v128.load(rowA + at);
        const b = v128.load(rowB + at);
        const c = v128.load(rowC + at);
        const d = v128.load(rowD + at);
        const aLow = f64x2.promote_low_f32x4(a);
        const bLow = f64x2.promote_low_f32x4(b);
        const cLow = f64x2.promote_low_f32x4(c);
        const dLow = f64x2.promote_low_f32x4(d);
        const aHigh = upper(a);
        const bHigh = upper(b);
        const cHigh = upper(c);
        const dHigh = upper(d);
        ac = f64x2.add(ac, f64x2.add(f64x2.mul(aLow, cLow), f64x2.mul(aHigh, cHigh)));
        ad = f64x2.add(ad, f64x2.add(f64x2.mul(aLow, dLow), f64x2.mul(aHigh, dHigh)));
        bc = f64x2.add(bc, f64x2.add(f64x2.mul(bLow, cLow), f64x2.mul(bHigh, cHigh)));
        bd = f64x2.add(bd, f64x2.add(f64x2.mul(bLow, dLow), f64x2.mul(bHigh, dHigh)));
      }
      const place = products + <usize>i * line + ((<usize>j) << 3);
      addTo(place, ac);
      addTo(place + 8, ad);
      addTo(place + line, bc);
      addTo(place + line + 8, bd);
    }
  }
}
