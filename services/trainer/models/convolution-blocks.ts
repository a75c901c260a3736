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
import type { TensorFlow } from './model.ts';

export type Normalisation = 'none' | 'group' | 'batch';
export type Pooling = 'average' | 'maximum' | 'both';

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

/** Convolutions, each with normalisation and ReLU, and a max pooling behind each block. */
export function convolutionBlocks(tf: TensorFlow, blocks: readonly Block[]): MakeLayer[] {
  return blocks.flatMap(({ channels, kernel, pool, normalisation }, block) => [
    ...channels.flatMap((each, index) => {
      const name = `block-${block + 1}/convolution-${index + 1}`;
      const norm = normalised(tf, `block-${block + 1}/norm-${index + 1}`, each, normalisation);
      const bias = normalisation === 'none';
      return [convolution(tf, { name, channels: each, kernel, bias }), ...norm, relu(tf)];
    }),
    maxPool(tf, pool),
  ]);
}

/** Pooling over all places, and dense layers to the classes. @param hidden units of further dense layers before the last */
export function classifierHead(
  tf: TensorFlow,
  pooling: Pooling,
  hidden: readonly number[],
  classes: number,
): MakeLayer[] {
  return [
    GLOBAL_POOLINGS[pooling](tf),
    ...hidden.flatMap((units, index) => [denseLayer(tf, `dense-${index + 1}`, units), relu(tf)]),
    denseLayer(tf, `dense-${hidden.length + 1}`, classes),
  ];
}

/**
 * Refuses inputs that the poolings would leave nothing of.
 * @throws CodedError `E_INVALID_INPUT`
 */
export function requirePlaces(
  { key }: ModelSpec,
  [height, width]: readonly [number, number],
  pools: readonly (readonly [number, number])[],
): void {
  const least = [0, 1].map((side) => pools.reduce((product, pool) => product * pool[side]!, 1));
  if (height >= least[0]! && width >= least[1]!) return;
  throw new CodedError(
    'E_INVALID_INPUT',
    `${key} with ${pools.length} poolings needs features of at least ${least.join(' × ')}, not ${height} × ${width}`,
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
