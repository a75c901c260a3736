import { refuseUnknownOptions } from '../../../learning/options.ts';
import type { ModelSpec } from '../../../openapi/schemas.ts';
import { classifierHead, convolutionBlocks, requirePlaces } from './convolution-blocks.ts';
import type { Model, ModelSizes, TensorFlow } from './model.ts';
import { choice, wholeNumber, wholeNumbers } from './read-options.ts';
import { sequentialClassifier } from './sequential.ts';

/**
 * Blocks of one convolution each along a sequence, pooling over all places, one dense layer.
 * @param spec options `channels` of the blocks [16, 32, 64], `kernel` 9, `pool` 4, `normalisation` group, batch or none,
 * `pooling` average or maximum
 * @throws CodedError `E_INVALID_INPUT`
 */
export function cnn1d(tf: TensorFlow, spec: ModelSpec, sizes: ModelSizes): Model {
  refuseUnknownOptions('model', spec, ['channels', 'kernel', 'pool', 'normalisation', 'pooling']);
  const channels = wholeNumbers(spec, 'channels', [16, 32, 64]);
  const kernel = wholeNumber(spec, 'kernel', 9);
  const pool = wholeNumber(spec, 'pool', 4);
  const normalisation = choice(spec, 'normalisation', ['group', 'batch', 'none']);
  const pooling = choice(spec, 'pooling', ['average', 'maximum']);
  // What stands side by side at one time are channels.
  const [length = 1, ...side] = sizes.featureShape;
  const inputShape = [length, 1, side.reduce((product, size) => product * size, 1)];
  const blocks = channels.map((each) => ({
    channels: [each],
    kernel: [kernel, 1] as const,
    pool: [pool, 1] as const,
    normalisation,
  }));
  requirePlaces(
    spec,
    [length, 1],
    blocks.map((block) => block.pool),
  );
  return sequentialClassifier(tf, inputShape, [
    ...convolutionBlocks(tf, blocks),
    ...classifierHead(tf, pooling, [], sizes.classes),
  ]);
}
