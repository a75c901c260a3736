import type { backend_util } from '@tensorflow/tfjs-core';
import type { KernelHost } from './kernel-host.ts';
import { panelBytes } from './multiply-matrices.ts';

type Shapes = backend_util.Conv2DInfo;

/** Whether our kernels know such a convolution: no dilation, channels last, no gradient from beyond the padding. */
export function isPlain(shapes: Shapes): boolean {
  const { padInfo, filterHeight, filterWidth, dataFormat } = shapes;
  return (
    dataFormat === 'channelsLast' &&
    shapes.dilationHeight === 1 &&
    shapes.dilationWidth === 1 &&
    padInfo.top < filterHeight &&
    padInfo.left < filterWidth &&
    (shapes.outHeight - 1) * shapes.strideHeight < shapes.inHeight + padInfo.top &&
    (shapes.outWidth - 1) * shapes.strideWidth < shapes.inWidth + padInfo.left
  );
}

/** A convolution of columns as one of rows: the kernels work along rows, and the memory is the same. */
export function alongRows(shapes: Shapes): Shapes {
  if (shapes.inWidth !== 1 || shapes.filterWidth !== 1 || shapes.outWidth !== 1) return shapes;
  const { padInfo } = shapes;
  return {
    ...shapes,
    inHeight: 1,
    inWidth: shapes.inHeight,
    outHeight: 1,
    outWidth: shapes.outHeight,
    filterHeight: 1,
    filterWidth: shapes.filterHeight,
    strideHeight: 1,
    strideWidth: shapes.strideHeight,
    padInfo: { ...padInfo, top: 0, bottom: 0, left: padInfo.top, right: padInfo.bottom },
  };
}

/** Rows and columns of an image with what the filter reads beyond its edges. */
function frameOf({
  outHeight,
  outWidth,
  strideHeight,
  strideWidth,
  filterHeight,
  filterWidth,
  ...own
}: Shapes) {
  return {
    height: Math.max((outHeight - 1) * strideHeight + filterHeight, own.inHeight + own.padInfo.top),
    width: Math.max((outWidth - 1) * strideWidth + filterWidth, own.inWidth + own.padInfo.left),
  };
}

/** Convolution of a batch. @param bias address, 0 for none. */
export function convolve(
  host: KernelHost,
  shapes: Shapes,
  { x, filter, bias, relu, out }: { x: number; filter: number; bias: number; relu: boolean; out: number },
): void {
  const { kernels } = host;
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = shapes;
  const { filterHeight, filterWidth, padInfo } = shapes;
  const frame = frameOf(shapes);
  const depth = filterHeight * filterWidth * inChannels;
  const [framed, panels, edge] = parts(host, [
    frame.height * frame.width * inChannels * 4,
    panelBytes(depth, outChannels),
    outWidth * 32,
  ]);
  kernels.packPanels(filter, outChannels * 4, 4, depth, outChannels, panels);
  const start = bias === 0 ? host.zeros(outChannels) : bias;
  const isWhole = frame.height === inHeight && frame.width === inWidth;
  for (let image = 0; image < shapes.batchSize; image += 1) {
    const from = x + image * inHeight * inWidth * inChannels * 4;
    if (!isWhole) {
      const size = [inHeight, inWidth, inChannels, 1, 1, padInfo.top, padInfo.left] as const;
      kernels.frameImage(from, ...size, frame.height, frame.width, framed);
    }
    kernels.convolveImage(
      isWhole ? from : framed,
      frame.width,
      inChannels,
      panels,
      filterHeight,
      filterWidth,
      shapes.strideHeight,
      shapes.strideWidth,
      outHeight,
      outWidth,
      outChannels,
      start,
      out + image * outHeight * outWidth * outChannels * 4,
      relu ? 0 : Number.NEGATIVE_INFINITY,
      edge,
    );
  }
}

/** The gradient by the filter, summed over a batch. */
export function convolutionFilterGradient(
  host: KernelHost,
  shapes: Shapes,
  { x, slopes, out }: { x: number; slopes: number; out: number },
): void {
  const { kernels } = host;
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = shapes;
  const frame = frameOf(shapes);
  const places = outHeight * outWidth;
  const isNarrow = outChannels % 8 !== 0;
  const [framed, panels, edge] = parts(host, [
    frame.height * frame.width * inChannels * 4,
    isNarrow ? panelBytes(places, outChannels) : 0,
    shapes.filterWidth * inChannels * 32,
  ]);
  kernels.clear(out, shapes.filterHeight * shapes.filterWidth * inChannels * outChannels * 4);
  for (let image = 0; image < shapes.batchSize; image += 1) {
    const from = x + image * inHeight * inWidth * inChannels * 4;
    const size = [inHeight, inWidth, inChannels, 1, 1, padInfo.top, padInfo.left] as const;
    kernels.frameImage(from, ...size, frame.height, frame.width, framed);
    const own = slopes + image * places * outChannels * 4;
    if (isNarrow) kernels.packPanels(own, outChannels * 4, 4, places, outChannels, panels);
    kernels.addFilterGradient(
      framed,
      frame.width,
      inChannels,
      isNarrow ? panels : own,
      isNarrow ? 32 : outChannels * 4,
      isNarrow ? places * 32 : 32,
      shapes.filterHeight,
      shapes.filterWidth,
      shapes.strideHeight,
      shapes.strideWidth,
      outHeight,
      outWidth,
      outChannels,
      out,
      edge,
    );
  }
}

/** The gradient by the input: a convolution of the slopes, as far apart as the strides, with the filter turned round. */
export function convolutionInputGradient(
  host: KernelHost,
  shapes: Shapes,
  { slopes, filter, out }: { slopes: number; filter: number; out: number },
): void {
  const { kernels } = host;
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = shapes;
  const { filterHeight, filterWidth } = shapes;
  const [height, width] = [inHeight + filterHeight - 1, inWidth + filterWidth - 1];
  const [framed, panels, edge] = parts(host, [
    height * width * outChannels * 4,
    panelBytes(filterHeight * filterWidth * outChannels, inChannels),
    inWidth * 32,
  ]);
  kernels.packTurnedFilter(filter, filterHeight, filterWidth, inChannels, outChannels, panels);
  const zeros = host.zeros(inChannels);
  const [top, left] = [filterHeight - 1 - padInfo.top, filterWidth - 1 - padInfo.left];
  for (let image = 0; image < shapes.batchSize; image += 1) {
    kernels.frameImage(
      slopes + image * outHeight * outWidth * outChannels * 4,
      outHeight,
      outWidth,
      outChannels,
      shapes.strideHeight,
      shapes.strideWidth,
      top,
      left,
      height,
      width,
      framed,
    );
    kernels.convolveImage(
      framed,
      width,
      outChannels,
      panels,
      filterHeight,
      filterWidth,
      1,
      1,
      inHeight,
      inWidth,
      inChannels,
      zeros,
      out + image * inHeight * inWidth * inChannels * 4,
      Number.NEGATIVE_INFINITY,
      edge,
    );
  }
}

/** The parts of one workspace, one after another, with room for a vector behind each. */
function parts(host: KernelHost, sizes: readonly [number, number, number]): [number, number, number] {
  const [first, second, third] = sizes.map((bytes) => (bytes + 47) & ~15) as [number, number, number];
  const base = host.workspace(first + second + third);
  return [base, base + first, base + first + second];
}
