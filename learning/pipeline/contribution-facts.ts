import { CodedError, type Fault } from '../../runtime/errors.ts';
import type { Assignment, ContributionFacts, Strategy, UpdateScalar } from '../strategies/strategy.ts';
import type { UpdateHeader } from '../update-header.ts';

/**
 * What a strategy may know of a verified update.
 * @param assignment what its participant downloaded.
 * @throws CodedError `E_UPDATE_MALFORMED` where a declared scalar is missing or out of its range.
 */
export function contributionFacts(
  strategy: Strategy,
  header: Pick<UpdateHeader, 'participant' | 'exampleCount' | 'scalars'>,
  assignment: Assignment,
  staleness: number,
): ContributionFacts {
  const { participant, exampleCount } = header;
  const faults: Fault[] = [];
  const scalars: Partial<Record<UpdateScalar, number>> = {};
  for (const name of strategy.scalars) {
    const value = header.scalars[name];
    if (value === undefined || !RANGES[name](value, assignment.groups.length)) {
      faults.push({ path: `scalars/${name}`, message: `${name} is missing or out of its range` });
    } else scalars[name] = value;
  }
  if (faults.length > 0) {
    const message = `the update of ${participant} is refused: ${faults[0]?.message}`;
    throw new CodedError('E_UPDATE_MALFORMED', message, { faults });
  }
  const group = assignment.groups[scalars.group ?? 0]!;
  return { participant, exampleCount, group, staleness, norm: 0, scalars };
}

const RANGES: Readonly<Record<UpdateScalar, (value: number, groups: number) => boolean>> = {
  localSteps: (value) => Number.isSafeInteger(value) && value >= 1,
  baseLoss: (value) => value >= 0,
  // Which of the downloaded models it trained, from 0.
  group: (value, groups) => Number.isInteger(value) && value >= 0 && value < groups,
};
