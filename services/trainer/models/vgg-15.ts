import { refuseUnknownOptions } from '../../../learning/options.ts';
import type { ModelSpec } from '../../../openapi/schemas.ts';
import { convolutionClassifier } from './convolution-blocks.ts';
import { imageShape } from './image-shape.ts';
import type { Model, ModelSizes, TensorFlow } from './model.ts';
import { choice, wholeNumber } from './read-options.ts';

/** Channels of the convolutions of each block: 13 convolutions and two dense layers. */
const BLOCKS = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
];

/**
 * VGG-15 as reported for federated speech emotion recognition (Y. Chang et al., 2022): 3 × 3 convolutions with batch norm
 * and ReLU, pooling after each block and over all places, two dense layers.
 * @param spec options `pooling` average, maximum or both, `head` units of the dense layer before the last, 0 for none (512)
 * @throws CodedError `E_INVALID_INPUT`
 */
export function vgg15(tf: TensorFlow, spec: ModelSpec, sizes: ModelSizes): Model {
  refuseUnknownOptions('model', spec, ['pooling', 'head']);
  const inputShape = imageShape(spec, sizes);
  const head = spec['head'] === 0 ? [] : [wholeNumber(spec, 'head', 512)];
  const blocks = BLOCKS.map((channels) => ({
    channels,
    kernel: [3, 3] as const,
    pool: [2, 2] as const,
    normalisation: 'batch' as const,
  }));
  return convolutionClassifier(tf, spec, {
    inputShape,
    blocks,
    pooling: choice(spec, 'pooling', ['average', 'maximum', 'both']),
    hidden: head,
    classes: sizes.classes,
  });
}
