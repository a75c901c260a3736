import { multiplyAdd } from './multiply-add';

/** What is smaller moves no weight, and its square or its tenth would soon be too small for full precision. */
const SMALLEST_GRADIENT: f32 = 1e-17;
/** Smaller moments than these move no weight, as they are divided by or added to `epsilon`. */
const SMALLEST_MEAN: f32 = 1e-30;
const SMALLEST_SQUARE: f32 = 1e-36;

/** Nothing in place of what is smaller; what is no number stays so that the training is seen to diverge. */
function atLeast(values: v128, least: f32): v128 {
  return v128.andnot(values, f32x4.lt(f32x4.abs(values), f32x4.splat(least)));
}

/** As `atLeast`, of one number. */
function scalarAtLeast(value: f32, least: f32): f32 {
  return abs<f32>(value) < least ? 0 : value;
}

/**
 * One step of Adam: writes new weights and moments, none of them in place.
 * Numbers too small for full precision become zero: the moments of a dead unit would stay at such numbers for good, and
 * processors take a hundred times as long for them.
 * @param rate learning rate with the bias correction of both moments in it.
 * @param decay what a weight loses of itself besides (decoupled, AdamW), as a factor: 1 loses nothing.
 */
export function adamStep(
  count: usize,
  weights: usize,
  gradients: usize,
  means: usize,
  squares: usize,
  nextWeights: usize,
  nextMeans: usize,
  nextSquares: usize,
  rate: f32,
  decay1: f32,
  decay2: f32,
  epsilon: f32,
  decay: f32,
): void {
  const keep1 = f32x4.splat(decay1);
  const take1 = f32x4.splat(1 - decay1);
  const keep2 = f32x4.splat(decay2);
  const take2 = f32x4.splat(1 - decay2);
  const smallest = f32x4.splat(epsilon);
  const rates = f32x4.splat(rate);
  const keep = f32x4.splat(decay);
  let index: usize = 0;
  for (; index + 4 <= count; index += 4) {
    const at = index << 2;
    const gradient = atLeast(v128.load(gradients + at), SMALLEST_GRADIENT);
    const mean = atLeast(
      multiplyAdd(keep1, v128.load(means + at), f32x4.mul(take1, gradient)),
      SMALLEST_MEAN,
    );
    const square = atLeast(
      multiplyAdd(keep2, v128.load(squares + at), f32x4.mul(take2, f32x4.mul(gradient, gradient))),
      SMALLEST_SQUARE,
    );
    v128.store(nextMeans + at, mean);
    v128.store(nextSquares + at, square);
    const change = f32x4.div(f32x4.mul(mean, rates), f32x4.add(f32x4.sqrt(square), smallest));
    v128.store(nextWeights + at, f32x4.sub(f32x4.mul(v128.load(weights + at), keep), change));
  }
  for (; index < count; index++) {
    const at = index << 2;
    const gradient = scalarAtLeast(load<f32>(gradients + at), SMALLEST_GRADIENT);
    const mean = scalarAtLeast(decay1 * load<f32>(means + at) + (1 - decay1) * gradient, SMALLEST_MEAN);
    const square = scalarAtLeast(
      decay2 * load<f32>(squares + at) + (1 - decay2) * (gradient * gradient),
      SMALLEST_SQUARE,
    );
    store<f32>(nextMeans + at, mean);
    store<f32>(nextSquares + at, square);
    store<f32>(
      nextWeights + at,
      load<f32>(weights + at) * decay - (mean * rate) / (sqrt<f32>(square) + epsilon),
    );
  }
}

/** One step of gradient descent, out of place; `momentum` 0 leaves the velocities alone. */
export function sgdStep(
  count: usize,
  weights: usize,
  gradients: usize,
  velocities: usize,
  nextWeights: usize,
  nextVelocities: usize,
  rate: f32,
  momentum: f32,
): void {
  const rates = f32x4.splat(-rate);
  const kept = f32x4.splat(momentum);
  let index: usize = 0;
  for (; index + 4 <= count; index += 4) {
    const at = index << 2;
    let change = v128.load(gradients + at);
    if (momentum !== 0) {
      change = multiplyAdd(kept, v128.load(velocities + at), change);
      v128.store(nextVelocities + at, change);
    }
    v128.store(nextWeights + at, multiplyAdd(rates, change, v128.load(weights + at)));
  }
  for (; index < count; index++) {
    const at = index << 2;
    let change = load<f32>(gradients + at);
    if (momentum !== 0) {
      change = momentum * load<f32>(velocities + at) + change;
      store<f32>(nextVelocities + at, change);
    }
    store<f32>(nextWeights + at, load<f32>(weights + at) - rate * change);
  }
}
