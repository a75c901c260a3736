import type { Tensor } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../model.ts';
import { globalAverage } from './global-average.ts';
import { globalMaximum } from './global-maximum.ts';
import type { MakeLayer } from './layer.ts';

/**
 * The mean of each channel over all places and, after those, the largest values: what fills a clip and what sounds once
 * both count.
 */
export function globalBoth(tf: TensorFlow): MakeLayer {
  return (inputShape) => {
    const channels = inputShape.at(-1) ?? 1;
    const average = globalAverage(tf)(inputShape);
    const maximum = globalMaximum(tf)(inputShape);
    return {
      outputShape: [2 * channels],
      weights: [],
      forward: (weights, input, mode) => {
        const averages = average.forward(weights, input, mode).output;
        const maxima = maximum.forward(weights, input, mode).output;
        return { output: tf.concat([averages, maxima], 1), saved: [averages, maxima] };
      },
      backward: (weights, input, { saved: [averages, maxima] }, slope, mode) => {
        const [ofAverages, ofMaxima] = tf.split(slope, 2, 1) as [Tensor, Tensor];
        const byAverages = average.backward(
          weights,
          input,
          { output: averages!, saved: [] },
          ofAverages,
          mode,
        );
        const byMaxima = maximum.backward(weights, input, { output: maxima!, saved: [] }, ofMaxima, mode);
        return { slope: tf.add(byAverages.slope, byMaxima.slope), gradients: [] };
      },
    };
  };
}
