import { multiplyAdd } from './multiply-add';

/**
 * Adds the filter gradient of a depthwise convolution of one framed image; output channel is input channel times
 * `multiplier` plus its own. The filter is height × width × channels × multiplier.
 */
export function addDepthwiseFilterGradient(
  framed: usize,
  framedWidth: usize,
  channels: usize,
  multiplier: usize,
  slopes: usize,
  filterHeight: usize,
  filterWidth: usize,
  rowStride: usize,
  columnStride: usize,
  rowDilation: usize,
  columnDilation: usize,
  outHeight: usize,
  outWidth: usize,
  gradient: usize,
): void {
  const outChannels = channels * multiplier;
  for (let row: usize = 0; row < outHeight; row++) {
    for (let tapRow: usize = 0; tapRow < filterHeight; tapRow++) {
      for (let tapColumn: usize = 0; tapColumn < filterWidth; tapColumn++) {
        const tap = gradient + (((tapRow * filterWidth + tapColumn) * outChannels) << 2);
        let slope = slopes + ((row * outWidth * outChannels) << 2);
        const y = row * rowStride + tapRow * rowDilation;
        let pixel = framed + (((y * framedWidth + tapColumn * columnDilation) * channels) << 2);
        for (let column: usize = 0; column < outWidth; column++) {
          addProducts(pixel, slope, channels, multiplier, tap);
          pixel += (columnStride * channels) << 2;
          slope += outChannels << 2;
        }
      }
    }
  }
}

function addProducts(pixel: usize, slope: usize, channels: usize, multiplier: usize, into: usize): void {
  let channel: usize = 0;
  if (multiplier === 1) {
    for (; channel + 4 <= channels; channel += 4) {
      const at = channel << 2;
      v128.store(into + at, multiplyAdd(v128.load(pixel + at), v128.load(slope + at), v128.load(into + at)));
    }
  }
  for (; channel < channels; channel++) {
    const value = load<f32>(pixel + (channel << 2));
    for (let copy: usize = 0; copy < multiplier; copy++) {
      const at = (channel * multiplier + copy) << 2;
      store<f32>(into + at, load<f32>(into + at) + value * load<f32>(slope + at));
    }
  }
}

/** Adds the input gradient of a depthwise convolution to one framed image of zeros. */
export function addDepthwiseInputGradient(
  framed: usize,
  framedWidth: usize,
  channels: usize,
  multiplier: usize,
  slopes: usize,
  filter: usize,
  filterHeight: usize,
  filterWidth: usize,
  rowStride: usize,
  columnStride: usize,
  rowDilation: usize,
  columnDilation: usize,
  outHeight: usize,
  outWidth: usize,
): void {
  const outChannels = channels * multiplier;
  for (let row: usize = 0; row < outHeight; row++) {
    for (let column: usize = 0; column < outWidth; column++, slopes += outChannels << 2) {
      let tap = filter;
      for (let tapRow: usize = 0; tapRow < filterHeight; tapRow++) {
        const y = row * rowStride + tapRow * rowDilation;
        for (let tapColumn: usize = 0; tapColumn < filterWidth; tapColumn++, tap += outChannels << 2) {
          const x = column * columnStride + tapColumn * columnDilation;
          addShares(tap, slopes, channels, multiplier, framed + (((y * framedWidth + x) * channels) << 2));
        }
      }
    }
  }
}

function addShares(tap: usize, slope: usize, channels: usize, multiplier: usize, into: usize): void {
  let channel: usize = 0;
  if (multiplier === 1) {
    for (; channel + 4 <= channels; channel += 4) {
      const at = channel << 2;
      v128.store(into + at, multiplyAdd(v128.load(tap + at), v128.load(slope + at), v128.load(into + at)));
    }
  }
  for (; channel < channels; channel++) {
    let sum: f32 = load<f32>(into + (channel << 2));
    for (let copy: usize = 0; copy < multiplier; copy++) {
      const at = (channel * multiplier + copy) << 2;
      sum += load<f32>(tap + at) * load<f32>(slope + at);
    }
    store<f32>(into + (channel << 2), sum);
  }
}

/** The inside of a framed image. */
export function unframeImage(
  framed: usize,
  framedWidth: usize,
  channels: usize,
  top: usize,
  left: usize,
  height: usize,
  width: usize,
  out: usize,
): void {
  const rowBytes = (width * channels) << 2;
  for (let row: usize = 0; row < height; row++, out += rowBytes) {
    memory.copy(out, framed + ((((top + row) * framedWidth + left) * channels) << 2), rowBytes);
  }
}
