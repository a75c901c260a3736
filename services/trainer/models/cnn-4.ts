import { refuseUnknownOptions } from '../../../learning/options.ts';
import type { ModelSpec } from '../../../openapi/schemas.ts';
import { convolutionClassifier } from './convolution-blocks.ts';
import { imageShape } from './image-shape.ts';
import type { Model, ModelSizes, TensorFlow } from './model.ts';
import { choice } from './read-options.ts';

const CHANNELS = [64, 128, 256, 512];

/**
 * The four-layer network of the speech-emotion baselines (Z. Ren et al., Interspeech 2020): 5 × 5 convolutions with
 * batch norm, ReLU and pooling, pooling over all places, one dense layer.
 * @param spec option `pooling` maximum, average or both
 * @throws CodedError `E_INVALID_INPUT`
 */
export function cnn4(tf: TensorFlow, spec: ModelSpec, sizes: ModelSizes): Model {
  refuseUnknownOptions('model', spec, ['pooling']);
  const inputShape = imageShape(spec, sizes);
  const blocks = CHANNELS.map((each) => ({
    channels: [each],
    kernel: [5, 5] as const,
    pool: [2, 2] as const,
    normalisation: 'batch' as const,
  }));
  return convolutionClassifier(tf, spec, {
    inputShape,
    blocks,
    pooling: choice(spec, 'pooling', ['maximum', 'average', 'both']),
    classes: sizes.classes,
  });
}
