import { panelBytes } from '../multiply-matrices.ts';
import type { StackLayer } from './stack-layer.ts';
import { type StepLayer, type StepSite, sizeOf } from './step-plan.ts';

type Convolution = Extract<StackLayer, { kind: 'convolution' }>;

const NO_FLOOR = Number.NEGATIVE_INFINITY;

/** A convolution, one image at a time: an image and its slopes stay in the caches from layer to layer. */
export function convolutionStep({ channels, kernel, bias }: Convolution, site: StepSite): StepLayer {
  const { inputShape, firstWeight, isFirst, relu, isGated } = site;
  // A column is a row: the kernels work along rows, and the memory is the same.
  const isColumn = inputShape[1] === 1 && kernel[1] === 1;
  const [first, second, inputs] = inputShape as readonly [number, number, number];
  const [height, width] = isColumn ? [second, first] : [first, second];
  const [high, wide] = isColumn ? [kernel[1], kernel[0]] : kernel;
  const [top, left] = [(high - 1) >> 1, (wide - 1) >> 1];
  const [frameHeight, frameWidth] = [height + high - 1, width + wide - 1];
  const places = height * width;
  const depth = high * wide;
  const isNarrow = channels % 8 !== 0;
  const framed = site.reserve(frameHeight * frameWidth * inputs);
  const framedSlopes = site.reserve(frameHeight * frameWidth * channels);
  const out = site.reserve(places * channels);
  const slopes = site.reserve(sizeOf(inputShape));
  const panels = site.reserve(panelBytes(depth * inputs, channels) / 4);
  const turned = site.reserve(panelBytes(depth * channels, inputs) / 4);
  const slopePanels = isNarrow ? site.reserve(panelBytes(places, channels) / 4) : 0;
  const edge = site.reserve(Math.max(width, wide * inputs) * 8);
  const frame = [1, 1, top, left, frameHeight, frameWidth] as const;
  return {
    outputShape: [first, second, channels],
    weightCount: bias ? 2 : 1,
    prepare: ({ kernels, base, weights, wantsInputs }) => {
      const filter = weights[firstWeight]!;
      kernels.packPanels(filter, channels * 4, 4, depth * inputs, channels, base + panels);
      if (isFirst && !wantsInputs) return;
      kernels.packTurnedFilter(filter, high, wide, inputs, channels, base + turned);
    },
    forward: ({ kernels, base, weights, zeros }, from) => {
      kernels.frameImage(from, height, width, inputs, ...frame, base + framed);
      const source = [base + framed, frameWidth, inputs, base + panels, high, wide, 1, 1] as const;
      const start = bias ? weights[firstWeight + 1]! : zeros;
      const floor = relu ? 0 : NO_FLOOR;
      kernels.convolveImage(...source, height, width, channels, start, base + out, floor, base + edge);
      return base + out;
    },
    backward: ({ kernels, base, zeros, gradients, wantsInputs }, slope) => {
      if (relu && !isGated) kernels.reluGradient(slope, base + out, slope, places * channels);
      if (gradients !== undefined) {
        if (bias) kernels.addColumnSums(slope, places, channels, gradients[firstWeight + 1]!);
        if (isNarrow) kernels.packPanels(slope, channels * 4, 4, places, channels, base + slopePanels);
        const right = isNarrow ? [base + slopePanels, 32, places * 32] : [slope, channels * 4, 32];
        const sizes = [
          high,
          wide,
          1,
          1,
          height,
          width,
          channels,
          gradients[firstWeight]!,
          base + edge,
        ] as const;
        kernels.addFilterGradient(base + framed, frameWidth, inputs, ...right, ...sizes);
      }
      if (isFirst && !wantsInputs) return 0;
      const turnedFrame = [1, 1, high - 1 - top, wide - 1 - left, frameHeight, frameWidth] as const;
      kernels.frameImage(slope, height, width, channels, ...turnedFrame, base + framedSlopes);
      const source = [base + framedSlopes, frameWidth, channels, base + turned, high, wide, 1, 1] as const;
      const to = [height, width, inputs, zeros, base + slopes, NO_FLOOR, base + edge] as const;
      kernels.convolveImage(...source, ...to);
      return base + slopes;
    },
  };
}
