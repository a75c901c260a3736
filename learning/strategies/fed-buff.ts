import { roundedFactor, sumOfFactors } from '../aggregation/factor.ts';
import { refuseUnknownOptions } from '../options.ts';
import { numberOption } from './number-option.ts';
import { oneModel } from './one-model.ts';
import { stepTensors } from './step-tensors.ts';
import type { ContributionFacts, Strategy, StrategySpec } from './strategy.ts';

/**
 * FedBuff (J. Nguyen et al.: Federated Learning with Buffered Asynchronous Aggregation, arXiv:2106.06639): a version is
 * made of every `bufferSize` updates, from whatever version they trained; one that is s versions late counts 1/√(1 + s).
 */
export function fedBuff(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, ['bufferSize', 'learningRate']);
  const bufferSize = numberOption(spec, 'bufferSize', { fallback: 10, from: 1, to: 100_000, integer: true });
  const learningRate = numberOption(spec, 'learningRate', { fallback: 1, from: 1e-6, to: 100 });
  return oneModel({
    key: 'fed-buff',
    trigger: { kind: 'buffer', of: bufferSize },
    factor: freshness,
    finish: (state, round) =>
      stepTensors(state, round, ({ add }, { contributions }) => {
        const factors = sumOfFactors(contributions.map((each) => roundedFactor(freshness(each))));
        return add('delta', (learningRate * factors) / contributions.length);
      }),
  });
}

function freshness({ staleness }: ContributionFacts): number {
  return 1 / Math.sqrt(1 + staleness);
}
