import type * as TensorFlowCore from '@tensorflow/tfjs-core';
import type { Rank, Tensor } from '@tensorflow/tfjs-core';
import { randomStream } from '../../learning/random.ts';

export type TensorFlow = typeof TensorFlowCore;

/** Numbers that every backend gets alike. */
export interface Values {
  readonly shape: number[];
  readonly values: Float32Array;
}

/** An operation whose gradients by all its inputs are compared. */
export interface Operation {
  readonly name: string;
  readonly inputs: readonly Values[];
  // Shapes are as the operations want them; a table of ranks would say no more than this table of operations does.
  readonly run: (tf: TensorFlow, inputs: readonly Tensor<Rank>[]) => Tensor;
}

const random = randomStream({ seed: 1, round: 0, participant: 'main', purpose: 'gradient-sweep' });

function values(shape: number[], scale = 1, offset = 0): Values {
  const size = shape.reduce((product, length) => product * length, 1);
  return {
    shape,
    values: Float32Array.from({ length: size }, () => (random.uniform() * 2 - 1) * scale + offset),
  };
}

const image = values([2, 6, 6, 4]);
const filter = values([3, 3, 4, 5]);
const matrix = values([5, 7]);
const right = values([7, 4]);
const positive = values([5, 7], 0.4, 0.6);
const vector = values([4]);
const series = values([2, 5, 6]);
const seriesFilter = values([3, 6, 4]);
const EVERY_THIRD = Array.from({ length: 35 }, (_, index) => index % 3 === 0);
const eights = values([3, 9, 11, 8]);
/** As many places as a batch of 8 spectra of 373 × 64 has, and numbers of one sign: what is summed grows and grows. */
const manyPlaces = values([190_976, 5], 0.001, 0.1);
const longRows = values([5, 190_976], 0.001, 0.1);

/** One input, whatever its rank: the caller knows what it gave. */
type One = (tf: TensorFlow, x: never, y: never, ...rest: never[]) => Tensor;

function operation(name: string, run: One, ...inputs: Values[]): Operation {
  const call = run as (tf: TensorFlow, ...tensors: Tensor[]) => Tensor;
  return { name, inputs, run: (tf, tensors) => call(tf, ...tensors) };
}

type T4 = TensorFlowCore.Tensor4D;
type T3 = TensorFlowCore.Tensor3D;
type T2 = TensorFlowCore.Tensor2D;
type T1 = TensorFlowCore.Tensor1D;

/** All differentiable operations of the library that networks are made of, and shapes that find edges of our kernels. */
export const OPERATIONS: readonly Operation[] = [
  operation('relu', (tf, x: T4) => tf.relu(x), image),
  operation('relu6', (tf, x: T4) => tf.relu6(x), image),
  operation('leakyRelu', (tf, x: T4) => tf.leakyRelu(x), image),
  operation('elu', (tf, x: T4) => tf.elu(x), image),
  operation('selu', (tf, x: T4) => tf.selu(x), image),
  operation('tanh', (tf, x: T4) => tf.tanh(x), image),
  operation('sigmoid', (tf, x: T4) => tf.sigmoid(x), image),
  operation('softplus', (tf, x: T4) => tf.softplus(x), image),
  operation('softmax', (tf, x: T2) => tf.softmax(x), matrix),
  operation('logSoftmax', (tf, x: T2) => tf.logSoftmax(x), matrix),
  operation('exp', (tf, x: T4) => tf.exp(x), image),
  operation('log', (tf, x: T2) => tf.log(x), positive),
  operation('log1p', (tf, x: T2) => tf.log1p(x), positive),
  operation('sqrt', (tf, x: T2) => tf.sqrt(x), positive),
  operation('rsqrt', (tf, x: T2) => tf.rsqrt(x), positive),
  operation('abs', (tf, x: T4) => tf.abs(x), image),
  operation('square', (tf, x: T4) => tf.square(x), image),
  operation('pow', (tf, x: T2) => tf.pow(x, 3), positive),
  operation('erf', (tf, x: T4) => tf.erf(x), image),
  operation('sin', (tf, x: T4) => tf.sin(x), image),
  operation('clipByValue', (tf, x: T4) => tf.clipByValue(x, -0.5, 0.5), image),
  operation('mean of the middle', (tf, x: T4) => tf.mean(x, [1, 2]), image),
  operation('mean of the last', (tf, x: T4) => tf.mean(x, 3, true), image),
  operation('mean of apart axes', (tf, x: T4) => tf.mean(x, [0, 2]), image),
  operation('sum of the first', (tf, x: T4) => tf.sum(x, [0, 1, 2]), image),
  operation('sum of one', (tf, x: T4) => tf.sum(x, 1), image),
  operation('sum of all', (tf, x: T4) => tf.sum(x), image),
  operation('mean of many places', (tf, x: T2) => tf.mean(x, 0), manyPlaces),
  operation('sum of long rows', (tf, x: T2) => tf.sum(x, 1), longRows),
  operation(
    'add to many places',
    (tf, x: T2, y: T1) => tf.mean(tf.mul(tf.add(x, y), x), 0),
    manyPlaces,
    values([5]),
  ),
  operation('max', (tf, x: T2) => tf.max(x, 1), matrix),
  operation('min', (tf, x: T2) => tf.min(x, 1), matrix),
  operation('maximum', (tf, x: T2, y: T2) => tf.maximum(x, y), matrix, positive),
  operation('minimum', (tf, x: T2, y: T2) => tf.minimum(x, y), matrix, positive),
  operation('add', (tf, x: T4, y: T1) => tf.add(x, y), image, vector),
  operation('sub', (tf, x: T4, y: T1) => tf.sub(x, y), image, vector),
  operation('mul', (tf, x: T4, y: T1) => tf.mul(x, y), image, vector),
  operation('div', (tf, x: T2, y: T2) => tf.div(x, y), matrix, positive),
  operation('squaredDifference', (tf, x: T2, y: T2) => tf.squaredDifference(x, y), matrix, positive),
  operation('matMul', (tf, x: T2, y: T2) => tf.matMul(x, y), matrix, right),
  operation('matMul, left transposed', (tf, x: T2, y: T2) => tf.matMul(x, y, true, false), matrix, positive),
  operation(
    'matMul, both transposed',
    (tf, x: T2, y: T2) => tf.matMul(x, y, true, true),
    matrix,
    values([9, 5]),
  ),
  operation(
    'matMul of long columns',
    (tf, x: T2, y: T2) => tf.matMul(x, y, true),
    values([203, 13]),
    values([203, 24]),
  ),
  operation(
    'matMul of many rows',
    (tf, x: T2, y: T2) => tf.matMul(x, y),
    values([131, 17]),
    values([17, 16]),
  ),
  operation('matMul of stacks', (tf, x: T3, y: T3) => tf.matMul(x, y, false, true), series, series),
  operation('matMul of nothing', (tf, x: T2, y: T2) => tf.matMul(x, y), values([3, 0]), values([0, 4])),
  operation('dot', (tf, x: T2, y: T1) => tf.dot(x, y), matrix, values([7])),
  operation(
    'fused matMul',
    (tf, a: T2, b: T2, bias: T1) => tf.fused.matMul({ a, b, bias, activation: 'relu' }),
    matrix,
    right,
    vector,
  ),
  operation('conv2d', (tf, x: T4, f: T4) => tf.conv2d(x, f, 1, 'same'), image, filter),
  operation('conv2d valid', (tf, x: T4, f: T4) => tf.conv2d(x, f, 1, 'valid'), eights, values([2, 5, 8, 16])),
  operation('conv2d, stride 2', (tf, x: T4, f: T4) => tf.conv2d(x, f, 2, 'same'), image, filter),
  operation(
    'conv2d, strides 3 and 2',
    (tf, x: T4, f: T4) => tf.conv2d(x, f, [3, 2], 'valid'),
    eights,
    values([3, 3, 8, 9]),
  ),
  operation('conv2d, own padding', (tf, x: T4, f: T4) => tf.conv2d(x, f, 1, 2), eights, values([5, 5, 8, 8])),
  operation('conv2d, 1 × 1', (tf, x: T4, f: T4) => tf.conv2d(x, f, 1, 'same'), eights, values([1, 1, 8, 24])),
  operation(
    'conv2d, one channel',
    (tf, x: T4, f: T4) => tf.conv2d(x, f, 1, 'same'),
    values([2, 13, 10, 1]),
    values([3, 3, 1, 16]),
  ),
  operation('conv2d, dilated', (tf, x: T4, f: T4) => tf.conv2d(x, f, 1, 'same', 'NHWC', 1), image, filter),
  operation(
    'conv2d of columns',
    (tf, x: T4, f: T4) => tf.conv2d(x, f, [2, 1], 'same'),
    values([2, 21, 1, 3]),
    values([5, 1, 3, 8]),
  ),
  operation('conv1d', (tf, x: T3, f: T3) => tf.conv1d(x, f, 1, 'same'), series, seriesFilter),
  operation('conv1d, stride 2', (tf, x: T3, f: T3) => tf.conv1d(x, f, 2, 'valid'), series, seriesFilter),
  operation(
    'conv2dTranspose',
    (tf, x: T4, f: T4) => tf.conv2dTranspose(x, f, [2, 12, 12, 3], 2, 'same'),
    image,
    values([3, 3, 3, 4]),
  ),
  operation(
    'fused conv2d',
    (tf, x: T4, f: T4, bias: T1) =>
      tf.fused.conv2d({ x, filter: f, strides: 1, pad: 'same', bias, activation: 'relu' }),
    image,
    filter,
    values([5]),
  ),
  operation(
    'fused conv2d, one bias for all',
    (tf, x: T4, f: T4, bias: T1) => tf.fused.conv2d({ x, filter: f, strides: 1, pad: 'same', bias }),
    image,
    filter,
    values([1]),
  ),
  operation(
    'depthwiseConv2d',
    (tf, x: T4, f: T4) => tf.depthwiseConv2d(x, f, 1, 'same'),
    image,
    values([3, 3, 4, 2]),
  ),
  operation(
    'depthwiseConv2d, stride 2',
    (tf, x: T4, f: T4) => tf.depthwiseConv2d(x, f, 2, 'valid'),
    eights,
    values([3, 3, 8, 1]),
  ),
  operation(
    'separableConv2d',
    (tf, x: T4, f: T4, p: T4) => tf.separableConv2d(x, f, p, 1, 'same'),
    image,
    values([3, 3, 4, 2]),
    values([1, 1, 8, 5]),
  ),
  operation('maxPool', (tf, x: T4) => tf.maxPool(x, 2, 2, 'same'), image),
  operation('maxPool, overlapping', (tf, x: T4) => tf.maxPool(x, 3, 2, 'same'), image),
  operation(
    'maxPool of negative numbers',
    (tf, x: T4) => tf.maxPool(x, 2, 2, 'valid'),
    values([2, 7, 7, 5], 0.5, -1),
  ),
  operation('avgPool', (tf, x: T4) => tf.avgPool(x, 2, 2, 'same'), image),
  operation(
    'batchNorm',
    (tf, x: T4, mean: T1, variance: T1, offset: T1, scale: T1) =>
      tf.batchNorm(x, mean, variance, offset, scale, 1e-3),
    image,
    vector,
    values([4], 0.4, 0.6),
    values([4]),
    values([4]),
  ),
  operation('concat', (tf, x: T2, y: T2) => tf.concat([x, y], 1), matrix, positive),
  operation('split', (tf, x: T3) => tf.split(x, 3, 2)[1]!, series),
  operation('slice', (tf, x: T2) => tf.slice(x, [0, 1], [3, 4]), matrix),
  operation(
    'pad',
    (tf, x: T4) =>
      tf.pad(x, [
        [0, 0],
        [1, 2],
        [1, 1],
        [0, 0],
      ]),
    image,
  ),
  operation('transpose', (tf, x: T3) => tf.transpose(x, [0, 2, 1]), series),
  operation('tile', (tf, x: T2) => tf.tile(x, [2, 1]), matrix),
  operation('stack', (tf, x: T2, y: T2) => tf.stack([x, y]), matrix, positive),
  operation('gather', (tf, x: T2) => tf.gather(x, tf.tensor1d([0, 2, 2], 'int32')), matrix),
  operation(
    'where',
    (tf, x: T2, y: T2) => tf.where(tf.tensor2d(EVERY_THIRD, [5, 7], 'bool'), x, y),
    matrix,
    positive,
  ),
  operation('reverse', (tf, x: T2) => tf.reverse(x, 1), matrix),
  operation('cumsum', (tf, x: T2) => tf.cumsum(x, 1), matrix),
  operation('norm', (tf, x: T2) => tf.norm(x), matrix),
  operation(
    'prelu',
    (tf, x: T4, alpha: T1) => tf.prelu(x, tf.reshape(alpha, [1, 1, 1, 4]) as T4),
    image,
    vector,
  ),
  operation('resizeBilinear', (tf, x: T4) => tf.image.resizeBilinear(x, [12, 12]), image),
  operation('localResponseNormalization', (tf, x: T4) => tf.localResponseNormalization(x), image),
  operation(
    'softmaxCrossEntropy',
    (tf, x: T2) => tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d([0, 1, 2, 3, 4], 'int32'), 7), x),
    matrix,
  ),
  operation('sigmoidCrossEntropy', (tf, x: T2) => tf.losses.sigmoidCrossEntropy(tf.ones([5, 7]), x), matrix),
  operation('meanSquaredError', (tf, x: T2, y: T2) => tf.losses.meanSquaredError(x, y), matrix, positive),
  operation('huberLoss', (tf, x: T2, y: T2) => tf.losses.huberLoss(x, y), matrix, positive),
];
