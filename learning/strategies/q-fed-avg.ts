import { roundedFactor, sumOfFactors } from '../aggregation/factor.ts';
import { refuseUnknownOptions } from '../options.ts';
import { numberOption } from './number-option.ts';
import { oneModel } from './one-model.ts';
import { stepTensors } from './step-tensors.ts';
import type { ContributionFacts, Strategy, StrategySpec } from './strategy.ts';

/** Least factor there is; a loss of 0 would otherwise take its participant out of the mean. */
const LEAST_FACTOR = 2 ** -20;

/**
 * q-FedAvg (T. Li et al.: Fair Resource Allocation in Federated Learning, arXiv:1905.10497): participants with a larger
 * loss on the base count more, by loss^q; q = 0 is the plain mean. The step is divided by the sum of q · loss^(q-1) ·
 * |delta|² / learningRate + loss^q, `learningRate` being the participants'. It believes the losses that it is told.
 */
export function qFedAvg(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, ['q', 'learningRate']);
  const q = numberOption(spec, 'q', { fallback: 1, from: 0, to: 5 });
  const learningRate = numberOption(spec, 'learningRate', { fallback: 0.1, from: 1e-6, to: 10 });
  const factor = (each: ContributionFacts) => Math.max(LEAST_FACTOR, lossOf(each) ** q);
  const curvature = (each: ContributionFacts) =>
    (q * lossOf(each) ** (q - 1) * each.norm ** 2) / learningRate;
  return oneModel({
    key: 'q-fed-avg',
    scalars: ['baseLoss'],
    needs: ['norms'],
    factor,
    finish: (state, round) =>
      stepTensors(state, round, ({ add }, { contributions }) => {
        const factors = sumOfFactors(contributions.map((each) => roundedFactor(factor(each))));
        const damping = contributions.reduce((sum, each) => sum + curvature(each), 0);
        return add('delta', factors / (factors + damping));
      }),
  });
}

/** Away from 0, where the power of q - 1 has no value. */
function lossOf({ scalars }: ContributionFacts): number {
  return Math.max(1e-10, scalars.baseLoss!);
}
