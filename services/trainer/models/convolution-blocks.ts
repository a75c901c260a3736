import { refuseUnknownOptions } from '../../../learning/options.ts';
import type { ModelSpec } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { batchNorm } from './layers/batch-norm.ts';
import { convolution } from './layers/convolution.ts';
import { denseLayer } from './layers/dense-layer.ts';
import { globalAverage } from './layers/global-average.ts';
import { globalBoth } from './layers/global-both.ts';
import { globalMaximum } from './layers/global-maximum.ts';
import { groupNorm } from './layers/group-norm.ts';
import type { MakeLayer } from './layers/layer.ts';
import { maxPool } from './layers/max-pool.ts';
import { relu } from './layers/relu.ts';
import type { Model, TensorFlow } from './model.ts';
import { choice, wholeNumber, wholeNumbers } from './read-options.ts';
import { sequentialClassifier } from './sequential.ts';

type Normalisation = 'none' | 'group' | 'batch';
type Pooling = 'average' | 'maximum' | 'both';

interface Block {
  /** Channels of each of its convolutions. */
  readonly channels: readonly number[];
  readonly kernel: readonly [number, number];
  readonly pool: readonly [number, number];
  readonly normalisation: Normalisation;
}

const GLOBAL_POOLINGS: Readonly<Record<Pooling, (tf: TensorFlow) => MakeLayer>> = {
  average: globalAverage,
  maximum: globalMaximum,
  both: globalBoth,
};

/** Most groups of a group normalisation. */
const GROUPS = 8;

/**
 * The options of networks whose blocks have one convolution each, with the defaults of the key.
 * @throws CodedError `E_INVALID_INPUT`
 */
export function blockOptions(spec: ModelSpec, defaults: { readonly kernel: number; readonly pool: number }) {
  refuseUnknownOptions('model', spec, ['channels', 'kernel', 'pool', 'normalisation', 'pooling']);
  return {
    channels: wholeNumbers(spec, 'channels', [16, 32, 64]),
    kernel: wholeNumber(spec, 'kernel', defaults.kernel),
    pool: wholeNumber(spec, 'pool', defaults.pool),
    normalisation: choice(spec, 'normalisation', ['group', 'batch', 'none']),
    pooling: choice(spec, 'pooling', ['average', 'maximum', 'both']),
  };
}

interface ClassifierOptions {
  /** Height, width and channels of one example. */
  readonly inputShape: readonly [number, number, number];
  readonly blocks: readonly Block[];
  readonly pooling: Pooling;
  /** Units of further dense layers before the last. @defaultValue none */
  readonly hidden?: readonly number[];
  readonly classes: number;
}

/**
 * Blocks of convolutions, each convolution with normalisation and ReLU and each block with a max pooling at its end;
 * pooling over all places; dense layers to the classes.
 * @throws CodedError `E_INVALID_INPUT` for inputs that the poolings would leave nothing of
 */
export function convolutionClassifier(tf: TensorFlow, spec: ModelSpec, options: ClassifierOptions): Model {
  const { inputShape, blocks, pooling, hidden = [], classes } = options;
  requirePlaces(spec, inputShape, blocks);
  return sequentialClassifier(tf, inputShape, [
    ...blocks.flatMap((block, index) => blockLayers(tf, `block-${index + 1}`, block)),
    GLOBAL_POOLINGS[pooling](tf),
    ...hidden.flatMap((units, index) => [denseLayer(tf, `dense-${index + 1}`, units), relu(tf)]),
    denseLayer(tf, `dense-${hidden.length + 1}`, classes),
  ]);
}

function blockLayers(tf: TensorFlow, name: string, block: Block): MakeLayer[] {
  const { channels, kernel, pool, normalisation } = block;
  const convolutions = channels.flatMap((each, index) => [
    convolution(tf, {
      name: `${name}/convolution-${index + 1}`,
      channels: each,
      kernel,
      bias: normalisation === 'none',
    }),
    ...normalised(tf, `${name}/norm-${index + 1}`, each, normalisation),
    relu(tf),
  ]);
  return [...convolutions, maxPool(tf, pool)];
}

function requirePlaces(
  { key }: ModelSpec,
  [height, width]: ClassifierOptions['inputShape'],
  blocks: readonly Block[],
): void {
  const least = [0, 1].map((side) => blocks.reduce((product, { pool }) => product * pool[side]!, 1));
  if (height >= least[0]! && width >= least[1]!) return;
  throw new CodedError(
    'E_INVALID_INPUT',
    `${key} with ${blocks.length} poolings needs features of at least ${least.join(' × ')}, not ${height} × ${width}`,
  );
}

function normalised(
  tf: TensorFlow,
  name: string,
  channels: number,
  normalisation: Normalisation,
): MakeLayer[] {
  if (normalisation === 'none') return [];
  return [normalisation === 'batch' ? batchNorm(tf, name) : groupNorm(tf, name, groupsOf(channels))];
}

/** The most groups, up to `GROUPS`, of equally many channels. */
function groupsOf(channels: number): number {
  for (let groups = Math.min(GROUPS, channels); groups > 1; groups -= 1) {
    if (channels % groups === 0) return groups;
  }
  return 1;
}
