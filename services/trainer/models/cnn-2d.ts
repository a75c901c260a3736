import { refuseUnknownOptions } from '../../../learning/options.ts';
import type { ModelSpec } from '../../../openapi/schemas.ts';
import { classifierHead, convolutionBlocks, requirePlaces } from './convolution-blocks.ts';
import { imageShape } from './image-shape.ts';
import type { Model, ModelSizes, TensorFlow } from './model.ts';
import { choice, wholeNumber, wholeNumbers } from './read-options.ts';
import { sequentialClassifier } from './sequential.ts';

/**
 * Blocks of one convolution each over frames and bands, pooling over all places, one dense layer.
 * @param spec options `channels` of the blocks [16, 32, 64], `kernel` 3, `pool` 2, `normalisation` group, batch or none,
 * `pooling` average, maximum or both
 * @throws CodedError `E_INVALID_INPUT`
 */
export function cnn2d(tf: TensorFlow, spec: ModelSpec, sizes: ModelSizes): Model {
  refuseUnknownOptions('model', spec, ['channels', 'kernel', 'pool', 'normalisation', 'pooling']);
  const channels = wholeNumbers(spec, 'channels', [16, 32, 64]);
  const kernel = wholeNumber(spec, 'kernel', 3);
  const pool = wholeNumber(spec, 'pool', 2);
  const normalisation = choice(spec, 'normalisation', ['group', 'batch', 'none']);
  const pooling = choice(spec, 'pooling', ['average', 'maximum', 'both']);
  const inputShape = imageShape(spec, sizes);
  const blocks = channels.map((each) => ({
    channels: [each],
    kernel: [kernel, kernel] as const,
    pool: [pool, pool] as const,
    normalisation,
  }));
  requirePlaces(
    spec,
    [inputShape[0], inputShape[1]],
    blocks.map((block) => block.pool),
  );
  return sequentialClassifier(tf, inputShape, [
    ...convolutionBlocks(tf, blocks),
    ...classifierHead(tf, pooling, [], sizes.classes),
  ]);
}
