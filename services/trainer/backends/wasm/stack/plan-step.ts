import { convolutionStep } from './convolution-step.ts';
import { denseStep } from './dense-step.ts';
import { globalAverageStep, groupNormStep, maxPoolStep, reluStep } from './image-steps.ts';
import type { StackLayer } from './stack-layer.ts';
import { type StepLayer, type StepSite, sizeOf } from './step-plan.ts';

/** The layers of a training step and the memory they share. */
export interface StepPlan {
  readonly layers: readonly StepLayer[];
  /** Examples at a time. */
  readonly examples: number;
  readonly bytes: number;
  /** Offset of memory for the slopes of the last layer's outputs. */
  readonly lossSlopes: number;
  /** Numbers of the widest layer. */
  readonly widest: number;
  readonly outputs: number;
}

/** Plans a step for `count` examples at a time. */
export function planStep(
  inputShape: readonly number[],
  layers: readonly StackLayer[],
  count: number,
): StepPlan {
  let numbers = 0;
  const reserve = (size: number): number => {
    const offset = numbers * 4;
    // Aligned, and with room for a vector that begins at the last number.
    numbers += (size + 11) & ~3;
    return offset;
  };
  const steps: StepLayer[] = [];
  let [shape, firstWeight, widest] = [inputShape, 0, 0];
  for (let index = 0; index < layers.length; index += 1) {
    const layer = layers[index]!;
    const relu = layer.kind !== 'relu' && layers[index + 1]?.kind === 'relu' && hasOwnRelu(layer);
    const isGated = relu && layers[index + 2]?.kind === 'max-pool';
    const afterRelu = layers[index - 1]?.kind === 'relu';
    const isFirst = steps.length === 0;
    const site = { inputShape: shape, count, firstWeight, isFirst, relu, isGated, reserve };
    const step = stepOf(layer, site, afterRelu);
    steps.push(step);
    shape = step.outputShape;
    firstWeight += step.weightCount;
    widest = Math.max(widest, sizeOf(site.inputShape), shape.at(-1)!);
    if (relu) index += 1;
  }
  const outputs = sizeOf(shape);
  const lossSlopes = reserve(outputs * count);
  return { layers: steps, examples: count, bytes: numbers * 4, lossSlopes, widest, outputs };
}

function hasOwnRelu({ kind }: StackLayer): boolean {
  return kind === 'dense' || kind === 'convolution' || kind === 'group-norm';
}

function stepOf(layer: StackLayer, site: StepSite, afterRelu: boolean): StepLayer {
  switch (layer.kind) {
    case 'dense':
      return denseStep(layer.units, site);
    case 'convolution':
      return convolutionStep(layer, site);
    case 'max-pool':
      return maxPoolStep(layer, site, afterRelu);
    case 'group-norm':
      return groupNormStep(layer, site);
    case 'global-average':
      return globalAverageStep(site);
    case 'relu':
      return reluStep(site);
  }
}
