import type { Scalar, Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { ModelSpec } from '../../../../openapi/schemas.ts';
import { CodedError } from '../../../../runtime/errors.ts';
import { denseOf } from '../dense.ts';
import type { Model, ModelSizes, TensorFlow, WeightSpec } from '../model.ts';
import { unhonoured } from './unhonoured.ts';

/** A variable of the library with what stands for it in a version. */
interface LayerWeight {
  readonly spec: WeightSpec;
  readonly variable: Variable;
}

/**
 * A Layers model as a classifier of ours. Its variables take on the weights of each call, the library's tape gives the
 * gradients. Initial weights are drawn from the run's seed, not by the layers' own initialisers: the same for everybody.
 * A stack of dense layers becomes our `dense`, whose training step is faster.
 * @throws CodedError `E_INVALID_INPUT` for a model that does not fit the federation.
 */
export function layersClassifier(
  tf: TensorFlow,
  spec: ModelSpec,
  layersModel: LayersModel,
  sizes: ModelSizes,
): Model {
  const { inputShape } = checkedShapes(layersModel, sizes);
  const faults = unhonoured(spec, layersModel);
  if (faults.length > 0) {
    const list = faults.map(({ path, message }) => `${path} ${message}`).join('; ');
    throw new CodedError('E_INVALID_INPUT', `the custom model has what is not honoured: ${list}`, { faults });
  }
  const hidden = hiddenUnits(layersModel);
  if (hidden !== undefined) return denseOf(tf, hidden, sizes);
  const weights = layerWeights(layersModel);
  const trainable = weights.filter(({ spec }) => spec.role === 'trainable');
  const statistics = weights.filter(({ spec }) => spec.role === 'statistic');
  const assign = (values: readonly Tensor[]) => {
    for (const [index, { variable }] of weights.entries()) variable.assign(values[index]!);
  };
  // The model has one output with a row an example, as was checked.
  const apply = (inputs: Tensor, training: boolean) => layersModel.apply(inputs, { training }) as Tensor2D;
  const meanLoss = (logits: Tensor2D, targets: Tensor2D): Scalar =>
    // A sum over all axes is one number.
    tf.mul(tf.sum(tf.mul(targets, tf.logSoftmax(logits))), -1 / logits.shape[0]) as Scalar;
  return {
    kind: 'classifier',
    inputShape,
    outputShape: [sizes.classes],
    weights: weights.map(({ spec }) => spec),
    logits: (values, inputs, mode = 'inference') => {
      assign(values);
      return apply(inputs, mode === 'training');
    },
    lossAndGradients: (values, inputs, targets) => {
      assign(values);
      const { value, grads } = tf.variableGrads(
        () => meanLoss(apply(inputs, true), targets),
        trainable.map(({ variable }) => variable),
      );
      return {
        lossSum: tf.mul(value, targets.shape[0]),
        gradients: trainable.map(({ variable }) => grads[variable.name] ?? tf.zerosLike(variable)),
        // What normalising layers have followed meanwhile.
        statistics: statistics.map(({ variable }) => tf.clone(variable)),
      };
    },
    inputGradient: (values, inputs, targets) => {
      assign(values);
      return tf.grad((x: Tensor) => meanLoss(apply(x, false), targets))(inputs);
    },
  };
}

function checkedShapes(layersModel: LayersModel, { featureShape, classes }: ModelSizes) {
  const { inputs, outputs } = layersModel;
  const [input, output] = [inputs[0]?.shape.slice(1) ?? [], outputs[0]?.shape.slice(1) ?? []];
  const inputShape = input.map((size) => size ?? Number.NaN);
  const size = (shape: readonly number[]) => shape.reduce((product, part) => product * part, 1);
  if (inputs.length !== 1 || size(inputShape) !== size(featureShape)) {
    throw unfit(`takes [${input.join(', ')}], the features are [${featureShape.join(', ')}]`);
  }
  if (outputs.length !== 1 || output.join() !== String(classes)) {
    throw unfit(`gives [${output.join(', ')}], there are ${classes} classes`);
  }
  return { inputShape };
}

/** Names count the layers, since the library's own ones count what a process has built before. */
function layerWeights({ layers }: LayersModel): LayerWeight[] {
  // A layer that stands in the model twice has its weights once.
  return [...new Set(layers)].flatMap((layer, index) => {
    const seen = new Map<string, number>();
    return layer.weights.map((weight) => {
      const last = weight.originalName.split('/').at(-1) ?? 'weight';
      const times = (seen.get(last) ?? 0) + 1;
      seen.set(last, times);
      const name = `layer-${index + 1}/${last}${times === 1 ? '' : `-${times}`}`;
      const shape = weight.shape.map((size) => size ?? 0);
      const spec: WeightSpec = {
        name,
        shape,
        initialiser: initialiserOf(last, shape),
        role: weight.trainable ? 'trainable' : 'statistic',
      };
      // What a layer's variable reads is the library's variable itself.
      return { spec, variable: weight.read() as Variable };
    });
  });
}

function initialiserOf(name: string, shape: readonly number[]): WeightSpec['initialiser'] {
  if (name === 'gamma' || name === 'moving_variance') return 'ones';
  return shape.length < 2 ? 'zeros' : 'glorot-uniform';
}

/** Units of the hidden layers of a plain stack of dense layers with ReLU; undefined for any other model. */
function hiddenUnits({ layers, inputs }: LayersModel): number[] | undefined {
  const stack = layers.filter((layer) => layer.getClassName() !== 'InputLayer');
  const isPlain = stack.every((layer, index) => {
    const { useBias } = layer.getConfig();
    const activation = index < stack.length - 1 ? 'relu' : 'linear';
    const isDense = layer.getClassName() === 'Dense' && layer.trainable && useBias === true;
    // Of dense layers that are each applied once and end in one output, each takes what the one before it gives.
    return isDense && layer.inboundNodes.length === 1 && activationOf(layer) === activation;
  });
  if (!isPlain || stack.length === 0 || inputs[0]?.shape.length !== 2) return undefined;
  return stack.slice(0, -1).map((layer) => Number(layer.getConfig()['units']));
}

function activationOf(layer: LayersModel['layers'][number]): unknown {
  return layer.getConfig()['activation'] ?? 'linear';
}

function unfit(message: string): CodedError {
  return new CodedError('E_INVALID_INPUT', `the custom model ${message}`);
}
