import type { ModelSpec } from '../../../openapi/schemas.ts';
import { blockOptions, convolutionClassifier } from './convolution-blocks.ts';
import { imageShape } from './image-shape.ts';
import type { Model, ModelSizes, TensorFlow } from './model.ts';

/**
 * Blocks of one convolution each over frames and bands, pooling over all places, one dense layer.
 * @param spec options `channels` of the blocks [16, 32, 64], `kernel` 3, `pool` 2, `normalisation` group, batch or none,
 * `pooling` average, maximum or both
 * @throws CodedError `E_INVALID_INPUT`
 */
export function cnn2d(tf: TensorFlow, spec: ModelSpec, sizes: ModelSizes): Model {
  const { channels, kernel, pool, normalisation, pooling } = blockOptions(spec, { kernel: 3, pool: 2 });
  const inputShape = imageShape(spec, sizes);
  const blocks = channels.map((each) => ({
    channels: [each],
    kernel: [kernel, kernel] as const,
    pool: [pool, pool] as const,
    normalisation,
  }));
  return convolutionClassifier(tf, spec, { inputShape, blocks, pooling, classes: sizes.classes });
}
