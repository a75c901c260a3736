import { CodedError } from '../../runtime/errors.ts';
import { bulyan } from './bulyan.ts';
import { centredClipping } from './centred-clipping.ts';
import { clustered } from './clustered.ts';
import { ditto } from './ditto.ts';
import { fedAdagrad } from './fed-adagrad.ts';
import { fedAdam } from './fed-adam.ts';
import { fedAsync } from './fed-async.ts';
import { fedAvg } from './fed-avg.ts';
import { fedAvgM } from './fed-avgm.ts';
import { fedBn } from './fed-bn.ts';
import { fedBuff } from './fed-buff.ts';
import { fedDyn } from './fed-dyn.ts';
import { fedNova } from './fed-nova.ts';
import { fedPer } from './fed-per.ts';
import { fedProx } from './fed-prox.ts';
import { fedRep } from './fed-rep.ts';
import { fedYogi } from './fed-yogi.ts';
import { fineTune } from './fine-tune.ts';
import { geometricMedian } from './geometric-median.ts';
import { hierarchical } from './hierarchical.ts';
import { ifca } from './ifca.ts';
import { krum } from './krum.ts';
import { median } from './median.ts';
import { multiKrum } from './multi-krum.ts';
import { normBounding } from './norm-bounding.ts';
import { qFedAvg } from './q-fed-avg.ts';
import { scaffold } from './scaffold.ts';
import type { Strategy, StrategySpec } from './strategy.ts';
import { trimmedMean } from './trimmed-mean.ts';

/** One line a strategy: its key and how to make it from a federation's options. */
const STRATEGIES: ReadonlyMap<string, (spec: StrategySpec) => Strategy> = new Map([
  ['fed-avg', fedAvg],
  ['fed-avgm', fedAvgM],
  ['fed-prox', fedProx],
  ['fed-adam', fedAdam],
  ['fed-yogi', fedYogi],
  ['fed-adagrad', fedAdagrad],
  ['fed-nova', fedNova],
  ['scaffold', scaffold],
  ['fed-dyn', fedDyn],
  ['fed-bn', fedBn],
  ['q-fed-avg', qFedAvg],
  ['median', median],
  ['trimmed-mean', trimmedMean],
  ['krum', krum],
  ['multi-krum', multiKrum],
  ['bulyan', bulyan],
  ['geometric-median', geometricMedian],
  ['centred-clipping', centredClipping],
  ['norm-bounding', normBounding],
  ['fed-buff', fedBuff],
  ['fed-async', fedAsync],
  ['ditto', ditto],
  ['fed-per', fedPer],
  ['fed-rep', fedRep],
  ['fine-tune', fineTune],
  ['ifca', ifca],
  ['clustered', clustered],
  ['hierarchical', hierarchical],
]);

/** The keys that a federation may name. */
export const STRATEGY_KEYS: readonly string[] = [...STRATEGIES.keys()];

/**
 * The strategy that a federation names.
 * @throws CodedError `E_UNKNOWN_STRATEGY` naming the known ones, `E_INVALID_INPUT` for options it does not have.
 */
export function strategyOf(spec: StrategySpec): Strategy {
  const create = STRATEGIES.get(spec.key);
  if (create !== undefined) return create(spec);
  const message = `there is no strategy ${JSON.stringify(spec.key)}; known are ${STRATEGY_KEYS.join(', ')}`;
  throw new CodedError('E_UNKNOWN_STRATEGY', message, { details: { known: STRATEGY_KEYS } });
}
