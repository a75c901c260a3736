import type { ModelSpec } from '../../../openapi/schemas.ts';
import { blockOptions, convolutionClassifier } from './convolution-blocks.ts';
import type { Model, ModelSizes, TensorFlow } from './model.ts';

/**
 * Blocks of one convolution each along a sequence, pooling over all places, one dense layer.
 * @param spec options `channels` of the blocks [16, 32, 64], `kernel` 9, `pool` 4, `normalisation` group, batch or none,
 * `pooling` average, maximum or both
 * @throws CodedError `E_INVALID_INPUT`
 */
export function cnn1d(tf: TensorFlow, spec: ModelSpec, sizes: ModelSizes): Model {
  const { channels, kernel, pool, normalisation, pooling } = blockOptions(spec, { kernel: 9, pool: 4 });
  // What stands side by side at one time are channels.
  const [length = 1, ...side] = sizes.featureShape;
  const inputShape = [length, 1, side.reduce((product, size) => product * size, 1)] as const;
  const blocks = channels.map((each) => ({
    channels: [each],
    kernel: [kernel, 1] as const,
    pool: [pool, 1] as const,
    normalisation,
  }));
  return convolutionClassifier(tf, spec, { inputShape, blocks, pooling, classes: sizes.classes });
}
