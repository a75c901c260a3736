import type { StackLayer } from './stack-layer.ts';
import { type StepLayer, type StepSite, sizeOf } from './step-plan.ts';

/** Max pooling of one image; where a ReLU stands before it, its slope is passed here. */
export function maxPoolStep(
  { window: [high, wide] }: Extract<StackLayer, { kind: 'max-pool' }>,
  site: StepSite,
  afterRelu: boolean,
): StepLayer {
  const [height, width, channels] = site.inputShape as readonly [number, number, number];
  const [rows, columns] = [Math.floor(height / high), Math.floor(width / wide)];
  const [out, slopes] = [site.reserve(rows * columns * channels), site.reserve(sizeOf(site.inputShape))];
  const sizes = [height, width, channels, high, wide, high, wide, 0, 0, rows, columns] as const;
  let input = 0;
  return {
    outputShape: [rows, columns, channels],
    weightCount: 0,
    forward: ({ kernels, base }, from) => {
      input = from;
      kernels.maxPoolImage(from, ...sizes, base + out);
      return base + out;
    },
    backward: ({ kernels, base }, slope) => {
      kernels.maxPoolGradientImage(input, base + out, slope, ...sizes, afterRelu ? 1 : 0, base + slopes);
      return base + slopes;
    },
  };
}

/** Group normalisation of one image. */
export function groupNormStep(
  { groups, epsilon }: Extract<StackLayer, { kind: 'group-norm' }>,
  site: StepSite,
): StepLayer {
  const { inputShape, firstWeight, relu, isGated } = site;
  const channels = inputShape.at(-1) ?? 1;
  const size = sizeOf(inputShape);
  const places = size / channels;
  const [out, slopes] = [site.reserve(size), site.reserve(size)];
  const statistics = site.reserve(channels * 2);
  const sums = site.reserve(channels * 2);
  const unread = site.reserve(channels);
  let input = 0;
  return {
    outputShape: inputShape,
    weightCount: 2,
    forward: ({ kernels, base, weights }, from) => {
      input = from;
      const [scales, offsets] = [weights[firstWeight]!, weights[firstWeight + 1]!];
      const floor = relu ? 0 : Number.NEGATIVE_INFINITY;
      const to = [base + statistics, base + out] as const;
      kernels.groupNorm(from, places, channels, groups, scales, offsets, epsilon, floor, ...to);
      return base + out;
    },
    backward: ({ kernels, base, weights, gradients }, slope) => {
      if (relu && !isGated) kernels.reluGradient(slope, base + out, slope, size);
      const byScale = gradients?.[firstWeight] ?? base + unread;
      const byOffset = gradients?.[firstWeight + 1] ?? base + unread;
      const own = [
        weights[firstWeight]!,
        base + statistics,
        byScale,
        byOffset,
        base + sums,
        base + slopes,
      ] as const;
      kernels.groupNormGradient(input, slope, places, channels, groups, ...own);
      return base + slopes;
    },
  };
}

/** The mean of each channel over an image. */
export function globalAverageStep(site: StepSite): StepLayer {
  const channels = site.inputShape.at(-1) ?? 1;
  const size = sizeOf(site.inputShape);
  const places = size / channels;
  const [out, slopes] = [site.reserve(channels), site.reserve(size)];
  return {
    outputShape: [channels],
    weightCount: 0,
    forward: ({ kernels, base }, from) => {
      kernels.clear(base + out, channels * 4);
      kernels.addColumnSums(from, places, channels, base + out);
      kernels.scale(base + out, channels, 1 / places);
      return base + out;
    },
    backward: ({ kernels, base }, slope) => {
      kernels.spreadRow(slope, channels, 1 / places, places, base + slopes);
      return base + slopes;
    },
  };
}

/** A ReLU that no layer before it does itself. */
export function reluStep(site: StepSite): StepLayer {
  const size = sizeOf(site.inputShape);
  const out = site.reserve(size * site.count);
  let input = 0;
  return {
    outputShape: site.inputShape,
    weightCount: 0,
    forward: ({ kernels, base }, from, count) => {
      input = from;
      // The slope of a ReLU with itself as what it is asked for is the ReLU.
      kernels.reluGradient(from, from, base + out, size * count);
      return base + out;
    },
    backward: ({ kernels }, slope, count) => {
      kernels.reluGradient(slope, input, slope, size * count);
      return slope;
    },
  };
}
