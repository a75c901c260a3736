import { roundedFactor, sumOfFactors } from '../aggregation/factor.ts';
import { refuseUnknownOptions } from '../options.ts';
import { oneModel } from './one-model.ts';
import { stepTensors } from './step-tensors.ts';
import type { ContributionFacts, Strategy, StrategySpec } from './strategy.ts';

/**
 * FedNova (J. Wang et al.: Tackling the Objective Inconsistency Problem in Heterogeneous Federated Optimization,
 * arXiv:2007.07481) for plain SGD: deltas are divided by the participant's steps before they are averaged, and the mean is
 * multiplied by the mean number of steps, so that nobody counts more for having done more steps.
 */
export function fedNova(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, []);
  return oneModel({
    key: 'fed-nova',
    scalars: ['localSteps'],
    factor: normalised,
    finish: (state, round) =>
      stepTensors(state, round, ({ add }, { contributions }) => {
        const examples = sumOfFactors(contributions.map(({ exampleCount }) => exampleCount));
        const work = contributions.reduce((sum, each) => sum + each.exampleCount * stepsOf(each), 0);
        const meanSteps = work / examples;
        const perStep = sumOfFactors(contributions.map((each) => roundedFactor(normalised(each)))) / examples;
        return add('delta', meanSteps * perStep);
      }),
  });
}

function normalised(contribution: ContributionFacts): number {
  return contribution.exampleCount / stepsOf(contribution);
}

function stepsOf({ scalars }: ContributionFacts): number {
  return scalars.localSteps!;
}
