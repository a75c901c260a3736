import { type CohortSpec, neededContributions, type QuorumSpec } from '../../../learning/cohort.ts';
import { strategyOf } from '../../../learning/strategies/index.ts';
import { refuseQuorum } from '../../../learning/strategies/robust.ts';
import type { Strategy } from '../../../learning/strategies/strategy.ts';
import type { Schemas } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';

interface StrategyChoice {
  readonly strategy: Schemas['StrategySpec'];
  readonly cohort: CohortSpec;
  readonly quorum: QuorumSpec;
}

/**
 * Refuses a strategy that does not exist, that runs over the network do not perform, or whose rule needs more updates than
 * the quorum assures.
 * @throws CodedError `E_UNKNOWN_STRATEGY`, `E_INVALID_INPUT`
 */
export function refuseStrategy({ strategy: spec, cohort, quorum }: StrategyChoice): void {
  const strategy = strategyOf(spec);
  const [lacking] = notPerformed(strategy);
  if (lacking !== undefined) {
    const message = `runs over the network do not perform ${strategy.key} yet: ${lacking}`;
    throw new CodedError('E_INVALID_INPUT', message, { faults: [{ path: '/strategy/key', message }] });
  }
  refuseQuorum(strategy, neededContributions(quorum, cohort));
}

/** What of the contract of strategies the network's rounds lack. */
function notPerformed(strategy: Strategy): string[] {
  const { parts, trigger, downloads, task, groupsOf, isLocal } = strategy;
  const lacking: [lacks: boolean, what: string][] = [
    [trigger.kind !== 'round', 'asynchronous versions'],
    [parts.some((part) => part !== 'delta'), 'further parts of updates'],
    [downloads.models > 1 || groupsOf !== undefined, 'several models'],
    [downloads.slots.length > 0, 'further downloads'],
    [isLocal !== undefined, 'tensors that stay with participants'],
    [task.kind !== 'plain' && task.kind !== 'proximal', `the task ${task.kind} at participants`],
  ];
  return lacking.filter(([lacks]) => lacks).map(([, what]) => what);
}
