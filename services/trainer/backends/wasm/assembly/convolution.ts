import { narrowTiles, tiles } from './tile';

/**
 * Copies an image into a frame of zeros, `rowGap` and `columnGap` rows and columns of zeros between its own: what a
 * convolution reads beyond the edge, and what its input gradient reads between the strides.
 */
export function frameImage(
  image: usize,
  height: usize,
  width: usize,
  channels: usize,
  rowStride: usize,
  columnStride: usize,
  top: usize,
  left: usize,
  framedHeight: usize,
  framedWidth: usize,
  into: usize,
): void {
  const pixelBytes = channels << 2;
  memory.fill(into, 0, framedHeight * framedWidth * pixelBytes);
  for (let row: usize = 0; row < height; row++) {
    let place = into + ((top + row * rowStride) * framedWidth + left) * pixelBytes;
    if (columnStride === 1) {
      memory.copy(place, image, width * pixelBytes);
      image += width * pixelBytes;
    } else {
      for (let column: usize = 0; column < width; column++) {
        memory.copy(place, image, pixelBytes);
        image += pixelBytes;
        place += columnStride * pixelBytes;
      }
    }
  }
}

/**
 * One framed image with a filter in panels (matrix.ts, of height * width * input channels rows): output pixels are the
 * rows of a matrix product whose left operand is read where it lies.
 */
export function convolveImage(
  framed: usize,
  framedWidth: usize,
  channels: usize,
  filter: usize,
  filterHeight: usize,
  filterWidth: usize,
  rowStride: usize,
  columnStride: usize,
  outHeight: usize,
  outWidth: usize,
  outChannels: usize,
  bias: usize,
  out: usize,
  floor: f32,
  edge: usize,
): void {
  const pixelBytes = channels << 2;
  const outBytes = outChannels << 2;
  const runStep = framedWidth * pixelBytes;
  const runLength = filterWidth * channels;
  const panelBytes = (filterHeight * runLength) << 5;
  const rowStep = columnStride * pixelBytes;
  for (let row: usize = 0; row < outHeight; row++) {
    const a = framed + row * rowStride * runStep;
    let panel = filter;
    for (let channel: usize = 0; channel < outChannels; channel += 8, panel += panelBytes) {
      const at = channel << 2;
      const left = outChannels - channel;
      if (left >= 8) {
        tiles(
          outWidth,
          a,
          rowStep,
          4,
          runStep,
          filterHeight,
          runLength,
          panel,
          32,
          bias + at,
          0,
          out + at,
          outBytes,
          floor,
        );
      } else {
        narrowTiles(
          left,
          edge,
          outWidth,
          a,
          rowStep,
          4,
          runStep,
          filterHeight,
          runLength,
          panel,
          32,
          bias + at,
          0,
          out + at,
          outBytes,
          floor,
        );
      }
    }
    out += outWidth * outBytes;
  }
}

/** What a band of rows may take of the first-level cache, in bytes. */
const BAND_BYTES: usize = 24_576;

/**
 * Adds the filter gradient of one framed image. The slopes lie in panels `panelStep` apart, `bStep` from pixel to pixel
 * (32 bytes apart within an image whose last panel is not full, else simply where they are).
 */
export function addFilterGradient(
  framed: usize,
  framedWidth: usize,
  channels: usize,
  slopes: usize,
  bStep: usize,
  panelStep: usize,
  filterHeight: usize,
  filterWidth: usize,
  rowStride: usize,
  columnStride: usize,
  outHeight: usize,
  outWidth: usize,
  outChannels: usize,
  gradient: usize,
  edge: usize,
): void {
  const pixelBytes = channels << 2;
  const runStep = framedWidth * pixelBytes * rowStride;
  const taps = filterWidth * channels;
  const gradientStep = outChannels << 2;
  const bandRows = max<usize>(1, BAND_BYTES / (runStep + outWidth * gradientStep));
  const depthStep = pixelBytes * columnStride;
  for (let row: usize = 0; row < outHeight; row += bandRows) {
    const rows = min(bandRows, outHeight - row);
    for (let tap: usize = 0; tap < filterHeight; tap++) {
      const a = framed + row * runStep + tap * framedWidth * pixelBytes;
      let b = slopes + row * outWidth * bStep;
      for (let channel: usize = 0; channel < outChannels; channel += 8, b += panelStep) {
        const c = gradient + ((tap * taps * outChannels + channel) << 2);
        const left = outChannels - channel;
        if (left >= 8) {
          tiles(
            taps,
            a,
            4,
            depthStep,
            runStep,
            rows,
            outWidth,
            b,
            bStep,
            c,
            gradientStep,
            c,
            gradientStep,
            -Infinity as f32,
          );
        } else {
          narrowTiles(
            left,
            edge,
            taps,
            a,
            4,
            depthStep,
            runStep,
            rows,
            outWidth,
            b,
            bStep,
            c,
            gradientStep,
            c,
            gradientStep,
            -Infinity as f32,
          );
        }
      }
    }
  }
}

/** The filter of the input gradient: turned by 180 degrees, its channels exchanged, in panels of eight input channels. */
export function packTurnedFilter(
  filter: usize,
  filterHeight: usize,
  filterWidth: usize,
  channels: usize,
  outChannels: usize,
  into: usize,
): void {
  const taps = filterHeight * filterWidth;
  for (let channel: usize = 0; channel < channels; channel += 8) {
    const width = min<usize>(8, channels - channel);
    for (let tap = taps; tap > 0; tap--) {
      const place = filter + ((((tap - 1) * channels + channel) * outChannels) << 2);
      for (let out: usize = 0; out < outChannels; out++, into += 32) {
        for (let index: usize = 0; index < 8; index++) {
          const value: f32 = index < width ? load<f32>(place + ((index * outChannels + out) << 2)) : 0;
          store<f32>(into + (index << 2), value);
        }
      }
    }
  }
}
