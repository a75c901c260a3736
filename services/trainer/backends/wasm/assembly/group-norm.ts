import { BLOCK, promoteHigh, single } from './double-sums';
import { multiplyAdd } from './multiply-add';
import { loadSome, storeSome } from './some-lanes';

/**
 * Group normalisation of one example of `pixels` times `channels`, then scale and offset (Y. Wu, K. He: Group
 * normalization, 2018). For the gradient it leaves, for each channel, mean and reciprocal standard deviation of its group:
 * `channels` numbers each, one after the other.
 * @param floor nothing below it is stored: 0 for a ReLU after it.
 */
export function groupNorm(
  image: usize,
  pixels: usize,
  channels: usize,
  groups: usize,
  scales: usize,
  offsets: usize,
  epsilon: f32,
  floor: f32,
  means: usize,
  out: usize,
): void {
  const inverses = means + (channels << 2);
  const width = channels / groups;
  const count = (pixels * width) as f64;
  memory.fill(means, 0, channels << 2);
  for (let channel: usize = 0; channel < channels; channel += 4) {
    const kept = min<usize>(4, channels - channel);
    storeSums(image, pixels, channels, channel, kept, means, inverses, false);
  }
  spreadOverGroups(inverses, means, width, groups, 1 / count);
  for (let channel: usize = 0; channel < channels; channel += 4) {
    const kept = min<usize>(4, channels - channel);
    storeSums(image, pixels, channels, channel, kept, means, inverses, true);
  }
  spreadOverGroups(inverses, inverses, width, groups, 1 / count);
  for (let channel: usize = 0; channel < channels; channel++) {
    const at = inverses + (channel << 2);
    store<f32>(at, (1 / sqrt<f64>((load<f32>(at) as f64) + (epsilon as f64))) as f32);
  }
  const least = f32x4.splat(floor);
  for (let channel: usize = 0; channel < channels; channel += 4) {
    const at = channel << 2;
    const kept = min<usize>(4, channels - channel);
    const mean = loadSome(means + at, kept);
    const factor = f32x4.mul(loadSome(inverses + at, kept), loadSome(scales + at, kept));
    const offset = loadSome(offsets + at, kept);
    for (let place = at, pixel: usize = 0; pixel < pixels; pixel++, place += channels << 2) {
      const centred = f32x4.sub(loadSome(image + place, kept), mean);
      storeSome(out + place, f32x4.pmax(multiplyAdd(centred, factor, offset), least), kept);
    }
  }
}

/**
 * Adds the gradients of scales and offsets and writes the slopes of the input.
 * @param sums working memory for twice `channels` numbers.
 */
export function groupNormGradient(
  image: usize,
  slopes: usize,
  pixels: usize,
  channels: usize,
  groups: usize,
  scales: usize,
  means: usize,
  scaleGradients: usize,
  offsetGradients: usize,
  sums: usize,
  out: usize,
): void {
  const inverses = means + (channels << 2);
  const products = sums + (channels << 2);
  const width = channels / groups;
  const share = 1 / ((pixels * width) as f64);
  for (let channel: usize = 0; channel < channels; channel += 4) {
    const kept = min<usize>(4, channels - channel);
    storeSlopeSums(image, slopes, pixels, channels, channel, kept, means, sums, products);
  }
  for (let channel: usize = 0; channel < channels; channel++) {
    const at = channel << 2;
    const byOffset = load<f32>(sums + at);
    const byScale = load<f32>(products + at) * load<f32>(inverses + at);
    store<f32>(offsetGradients + at, load<f32>(offsetGradients + at) + byOffset);
    store<f32>(scaleGradients + at, load<f32>(scaleGradients + at) + byScale);
    store<f32>(sums + at, byOffset * load<f32>(scales + at));
    store<f32>(products + at, byScale * load<f32>(scales + at));
  }
  spreadOverGroups(sums, sums, width, groups, share);
  spreadOverGroups(products, products, width, groups, share);
  for (let channel: usize = 0; channel < channels; channel += 4) {
    const at = channel << 2;
    const kept = min<usize>(4, channels - channel);
    const inverse = loadSome(inverses + at, kept);
    const mean = loadSome(means + at, kept);
    const bySlope = f32x4.mul(inverse, loadSome(scales + at, kept));
    const byImage = f32x4.neg(f32x4.mul(f32x4.mul(inverse, inverse), loadSome(products + at, kept)));
    const rest = f32x4.neg(f32x4.mul(inverse, loadSome(sums + at, kept)));
    for (let place = at, pixel: usize = 0; pixel < pixels; pixel++, place += channels << 2) {
      const centred = f32x4.sub(loadSome(image + place, kept), mean);
      const slope = loadSome(slopes + place, kept);
      storeSome(out + place, multiplyAdd(slope, bySlope, multiplyAdd(centred, byImage, rest)), kept);
    }
  }
}

/** Sums of up to four channels over all pixels into `into`; `squared` sums the squares of what is beyond the mean. */
function storeSums(
  image: usize,
  pixels: usize,
  channels: usize,
  channel: usize,
  kept: usize,
  means: usize,
  into: usize,
  squared: bool,
): void {
  const at = channel << 2;
  const mean = loadSome(means + at, kept);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let place = image + at;
  for (let begin: usize = 0; begin < pixels; begin += BLOCK) {
    const end = min(begin + BLOCK, pixels);
    let sum = f32x4.splat(0);
    for (let pixel = begin; pixel < end; pixel++, place += channels << 2) {
      const centred = f32x4.sub(loadSome(place, kept), mean);
      sum = f32x4.add(sum, squared ? f32x4.mul(centred, centred) : centred);
    }
    low = f64x2.add(low, f64x2.promote_low_f32x4(sum));
    high = f64x2.add(high, promoteHigh(sum));
  }
  storeSome(into + at, single(low, high), kept);
}

/** Sums of the slopes of up to four channels, and of the slopes times what the image is beyond the mean. */
function storeSlopeSums(
  image: usize,
  slopes: usize,
  pixels: usize,
  channels: usize,
  channel: usize,
  kept: usize,
  means: usize,
  sums: usize,
  products: usize,
): void {
  const at = channel << 2;
  const mean = loadSome(means + at, kept);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let lowProduct = f64x2.splat(0);
  let highProduct = f64x2.splat(0);
  let place = at;
  for (let begin: usize = 0; begin < pixels; begin += BLOCK) {
    const end = min(begin + BLOCK, pixels);
    let sum = f32x4.splat(0);
    let product = f32x4.splat(0);
    for (let pixel = begin; pixel < end; pixel++, place += channels << 2) {
      const slope = loadSome(slopes + place, kept);
      sum = f32x4.add(sum, slope);
      product = multiplyAdd(slope, f32x4.sub(loadSome(image + place, kept), mean), product);
    }
    low = f64x2.add(low, f64x2.promote_low_f32x4(sum));
    high = f64x2.add(high, promoteHigh(sum));
    lowProduct = f64x2.add(lowProduct, f64x2.promote_low_f32x4(product));
    highProduct = f64x2.add(highProduct, promoteHigh(product));
  }
  storeSome(sums + at, single(low, high), kept);
  storeSome(products + at, single(lowProduct, highProduct), kept);
}

/** Gives each channel the sum over its group, times a factor. */
function spreadOverGroups(from: usize, into: usize, width: usize, groups: usize, factor: f64): void {
  for (let group: usize = 0; group < groups; group++) {
    const begin = (group * width) << 2;
    let sum: f64 = 0;
    for (let index: usize = 0; index < width; index++) sum += load<f32>(from + begin + (index << 2)) as f64;
    for (let index: usize = 0; index < width; index++) {
      store<f32>(into + begin + (index << 2), (sum * factor) as f32);
    }
  }
}
