import { BLOCK, promoteHigh, single } from './double-sums';
import { multiplyAdd } from './multiply-add';
import { loadSome, storeSome } from './some-lanes';

/*
 * Normalisation of each channel over all places of a batch. Unlike group normalisation it reads far more than the caches
 * hold, so that it goes over the memory in one direction, some places with all their channels at a time.
 */

/**
 * Mean and variance of each channel.
 * @param work memory for `channels` numbers of double precision, filled up to a multiple of four.
 */
export function channelMoments(
  image: usize,
  places: usize,
  channels: usize,
  means: usize,
  variances: usize,
  work: usize,
): void {
  memory.fill(means, 0, channels << 2);
  sumChannels(image, places, channels, means, work, false);
  storeMeans(work, places, channels, means);
  sumChannels(image, places, channels, means, work, true);
  storeMeans(work, places, channels, variances);
}

/** `out = (image - mean) * factor + offset`, each channel with its own. */
export function scaleAndShift(
  image: usize,
  places: usize,
  channels: usize,
  means: usize,
  factors: usize,
  offsets: usize,
  out: usize,
): void {
  const step = channels << 2;
  for (let begin: usize = 0; begin < places; begin += BLOCK) {
    const count = min(BLOCK, places - begin);
    for (let channel: usize = 0; channel < channels; channel += 4) {
      const at = channel << 2;
      const kept = min<usize>(4, channels - channel);
      const mean = loadSome(means + at, kept);
      const factor = loadSome(factors + at, kept);
      const offset = loadSome(offsets + at, kept);
      let place = begin * step + at;
      for (let index: usize = 0; index < count; index++, place += step) {
        const centred = f32x4.sub(loadSome(image + place, kept), mean);
        storeSome(out + place, multiplyAdd(centred, factor, offset), kept);
      }
    }
  }
}

/**
 * Sums of the slopes of each channel, and of the slopes times what the image is beyond the mean.
 * @param work memory as for `channelMoments`, twice.
 */
export function channelSlopeSums(
  image: usize,
  slopes: usize,
  places: usize,
  channels: usize,
  means: usize,
  sums: usize,
  products: usize,
  work: usize,
): void {
  const step = channels << 2;
  const workBytes = ((channels + 3) / 4) * 32;
  memory.fill(work, 0, 2 * workBytes);
  for (let begin: usize = 0; begin < places; begin += BLOCK) {
    const count = min(BLOCK, places - begin);
    for (let channel: usize = 0; channel < channels; channel += 4) {
      const at = channel << 2;
      const kept = min<usize>(4, channels - channel);
      const mean = loadSome(means + at, kept);
      let sum = f32x4.splat(0);
      let product = f32x4.splat(0);
      let place = begin * step + at;
      for (let index: usize = 0; index < count; index++, place += step) {
        const slope = loadSome(slopes + place, kept);
        sum = f32x4.add(sum, slope);
        product = multiplyAdd(slope, f32x4.sub(loadSome(image + place, kept), mean), product);
      }
      addTo(work + (channel << 3), sum);
      addTo(work + workBytes + (channel << 3), product);
    }
  }
  storeSums(work, channels, 1, sums);
  storeSums(work + workBytes, channels, 1, products);
}

/** `out = slope * bySlope + (image - mean) * byImage + rest`, each channel with its own. */
export function channelSlopes(
  image: usize,
  slopes: usize,
  places: usize,
  channels: usize,
  means: usize,
  bySlopes: usize,
  byImages: usize,
  rests: usize,
  out: usize,
): void {
  const step = channels << 2;
  for (let begin: usize = 0; begin < places; begin += BLOCK) {
    const count = min(BLOCK, places - begin);
    for (let channel: usize = 0; channel < channels; channel += 4) {
      const at = channel << 2;
      const kept = min<usize>(4, channels - channel);
      const mean = loadSome(means + at, kept);
      const bySlope = loadSome(bySlopes + at, kept);
      const byImage = loadSome(byImages + at, kept);
      const rest = loadSome(rests + at, kept);
      let place = begin * step + at;
      for (let index: usize = 0; index < count; index++, place += step) {
        const centred = f32x4.sub(loadSome(image + place, kept), mean);
        const slope = loadSome(slopes + place, kept);
        storeSome(out + place, multiplyAdd(slope, bySlope, multiplyAdd(centred, byImage, rest)), kept);
      }
    }
  }
}

/** Sums each channel, or the squares, of what is beyond the mean into `work`. */
function sumChannels(
  image: usize,
  places: usize,
  channels: usize,
  means: usize,
  work: usize,
  squared: bool,
): void {
  const step = channels << 2;
  memory.fill(work, 0, ((channels + 3) / 4) * 32);
  for (let begin: usize = 0; begin < places; begin += BLOCK) {
    const count = min(BLOCK, places - begin);
    for (let channel: usize = 0; channel < channels; channel += 4) {
      const at = channel << 2;
      const kept = min<usize>(4, channels - channel);
      const mean = loadSome(means + at, kept);
      let sum = f32x4.splat(0);
      let place = image + begin * step + at;
      if (squared) {
        for (let index: usize = 0; index < count; index++, place += step) {
          const centred = f32x4.sub(loadSome(place, kept), mean);
          sum = multiplyAdd(centred, centred, sum);
        }
      } else {
        for (let index: usize = 0; index < count; index++, place += step) {
          sum = f32x4.add(sum, loadSome(place, kept));
        }
      }
      addTo(work + (channel << 3), sum);
    }
  }
}

/** Adds four numbers to four of double precision. */
function addTo(work: usize, sum: v128): void {
  v128.store(work, f64x2.add(v128.load(work), f64x2.promote_low_f32x4(sum)));
  v128.store(work, f64x2.add(v128.load(work, 16), promoteHigh(sum)), 16);
}

function storeMeans(work: usize, places: usize, channels: usize, into: usize): void {
  storeSums(work, channels, 1 / (places as f64), into);
}

function storeSums(work: usize, channels: usize, factor: f64, into: usize): void {
  const factors = f64x2.splat(factor);
  for (let channel: usize = 0; channel < channels; channel += 4) {
    const from = work + (channel << 3);
    const sums = single(f64x2.mul(v128.load(from), factors), f64x2.mul(v128.load(from, 16), factors));
    storeSome(into + (channel << 2), sums, min<usize>(4, channels - channel));
  }
}
