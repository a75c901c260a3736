import { canonicalJson } from '../../runtime/canonical-json.ts';
import { CodedError } from '../../runtime/errors.ts';
import { sumOfFactors } from './factor.ts';
import { refuseFactorSum } from './grid.ts';
import type { PartialSumHeader, SummedContribution } from './partial-sum-header.ts';

/**
 * What a sum consists of that is made of others, with updates added and taken off. An update is never in it twice.
 * @param parts of the same tensors on the same grids, at least one.
 * @throws CodedError `E_STATE_MISMATCH` for other tensors or grids, a participant twice, or one to be taken off that is
 * not in it with this update and factor; `E_UPDATE_OUT_OF_RANGE` if the factors exceed what the grids were made for.
 */
export function combineSums(
  parts: readonly PartialSumHeader[],
  added: readonly SummedContribution[],
  subtracted: readonly SummedContribution[],
): PartialSumHeader {
  const tensors = parts[0]!.tensors;
  const expected = canonicalJson(tensors);
  if (parts.some((part) => canonicalJson(part.tensors) !== expected)) {
    throw new CodedError('E_STATE_MISMATCH', 'partial sums of other tensors or grids do not merge');
  }
  const byParticipant = new Map<string, SummedContribution>();
  for (const contribution of [...parts.flatMap((part) => part.contributions), ...added]) {
    if (byParticipant.has(contribution.participant)) {
      const message = `the update of ${contribution.participant} would be in the sum twice`;
      throw new CodedError('E_STATE_MISMATCH', message);
    }
    byParticipant.set(contribution.participant, contribution);
  }
  for (const contribution of subtracted) {
    const known = byParticipant.get(contribution.participant);
    if (known?.sha256 !== contribution.sha256 || known.factor !== contribution.factor) {
      const message = `the update of ${contribution.participant} is not in the sum as it is to be taken off`;
      throw new CodedError('E_STATE_MISMATCH', message);
    }
    byParticipant.delete(contribution.participant);
  }
  // By code units: an order by locale could differ from one machine to the next.
  const contributions = [...byParticipant.keys()]
    .sort()
    .map((participant) => byParticipant.get(participant)!);
  const factorSum = sumOfFactors(contributions.map(({ factor }) => factor));
  for (const { grid } of tensors) refuseFactorSum(factorSum, grid, contributions.at(-1)?.participant ?? '');
  return { tensors, contributions };
}
