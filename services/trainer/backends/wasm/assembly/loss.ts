/**
 * Softmax with cross entropy: writes the slopes by the logits, times `share`, and returns the summed loss. Without the
 * logarithm of a probability: a wrong and certain answer has a finite loss. A row of targets sums to what it counts.
 */
export function crossEntropy(
  logits: usize,
  targets: usize,
  rows: usize,
  classes: usize,
  share: f32,
  slopes: usize,
): f64 {
  let lossSum: f64 = 0;
  for (let row: usize = 0; row < rows; row++) {
    let largest: f32 = -Infinity as f32;
    for (let index: usize = 0; index < classes; index++) {
      const value = load<f32>(logits + (index << 2));
      // A comparison that a value that is not a number fails, so that it ends up in the loss.
      if (!(value <= largest)) largest = value;
    }
    let sum: f32 = 0;
    let counts: f32 = 0;
    for (let index: usize = 0; index < classes; index++) {
      counts += load<f32>(targets + (index << 2));
      const power = Mathf.exp(load<f32>(logits + (index << 2)) - largest);
      store<f32>(slopes + (index << 2), power);
      sum += power;
    }
    const logarithm = Mathf.log(sum);
    for (let index: usize = 0; index < classes; index++) {
      const at = index << 2;
      const target = load<f32>(targets + at);
      if (target !== 0) lossSum += target * (logarithm - (load<f32>(logits + at) - largest));
      store<f32>(slopes + at, ((load<f32>(slopes + at) / sum) * counts - target) * share);
    }
    logits += classes << 2;
    targets += classes << 2;
    slopes += classes << 2;
  }
  return lossSum;
}

/**
 * Squared error averaged over a row's numbers: writes the slopes by the outputs, times `share`, and returns its sum over
 * the rows.
 */
export function squaredError(
  outputs: usize,
  targets: usize,
  rows: usize,
  columns: usize,
  share: f32,
  slopes: usize,
): f64 {
  const count = rows * columns;
  const single: f32 = (2 * share) / (columns as f32);
  const factor = f32x4.splat(single);
  let strands = f32x4.splat(0);
  let lossSum: f64 = 0;
  let index: usize = 0;
  for (; index + 4 <= count; index += 4) {
    const at = index << 2;
    const difference = f32x4.sub(v128.load(outputs + at), v128.load(targets + at));
    strands = f32x4.add(strands, f32x4.mul(difference, difference));
    v128.store(slopes + at, f32x4.mul(difference, factor));
    // Now and then into double precision: a single-precision sum of a large batch loses digits.
    if ((index & 1023) === 1020) {
      lossSum += lanes(strands);
      strands = f32x4.splat(0);
    }
  }
  lossSum += lanes(strands);
  for (; index < count; index++) {
    const at = index << 2;
    const difference = load<f32>(outputs + at) - load<f32>(targets + at);
    lossSum += difference * difference;
    store<f32>(slopes + at, difference * single);
  }
  return lossSum / (columns as f64);
}

function lanes(strands: v128): f64 {
  const low = (f32x4.extract_lane(strands, 0) as f64) + (f32x4.extract_lane(strands, 1) as f64);
  return low + (f32x4.extract_lane(strands, 2) as f64) + (f32x4.extract_lane(strands, 3) as f64);
}
