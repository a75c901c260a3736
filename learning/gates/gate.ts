import type { ErrorCode } from '../../runtime/errors.ts';
import type { ContributionFacts } from '../strategies/strategy.ts';

/** What a federation's gates let pass; those it does not name are open. All speak of the decoded update. */
export interface GateSpec {
  /** Train examples below which an update does not count. */
  readonly minimumExampleCount?: number;
  /** Train examples above which an update does not count; the sum's grid is made for it. */
  readonly maximumExampleCount?: number;
  /** L2 norm of the delta over trainable tensors. */
  readonly maximumNorm?: number;
  /** How many times the cohort's median norm the delta may have, above 1. It needs the whole cohort. */
  readonly maximumTimesMedianNorm?: number;
  /** Versions that may have been published since the one it trained from. */
  readonly maximumStaleness?: number;
}

/** An update that a gate held back. */
export interface GateRefusal {
  readonly participant: string;
  readonly code: ErrorCode;
  /** The gate, by the name of its option. */
  readonly gate: keyof GateSpec;
  readonly message: string;
}

/** Whether any gate must see the cohort before anything is folded; one that fires later is subtracted exactly. */
export function needsCohort({ maximumTimesMedianNorm }: GateSpec): boolean {
  return maximumTimesMedianNorm !== undefined;
}

/** The first gate that one update by itself does not pass, in the order of the table. */
export function refuseAlone(spec: GateSpec, update: ContributionFacts): GateRefusal | undefined {
  const checks: readonly [gate: keyof GateSpec, code: ErrorCode, value: number, low: number, high: number][] =
    [
      [
        'minimumExampleCount',
        'E_UPDATE_MALFORMED',
        update.exampleCount,
        spec.minimumExampleCount ?? 1,
        Number.POSITIVE_INFINITY,
      ],
      [
        'maximumExampleCount',
        'E_UPDATE_MALFORMED',
        update.exampleCount,
        0,
        spec.maximumExampleCount ?? Number.POSITIVE_INFINITY,
      ],
      ['maximumNorm', 'E_UPDATE_NORM', update.norm, 0, spec.maximumNorm ?? Number.POSITIVE_INFINITY],
      [
        'maximumStaleness',
        'E_UPDATE_STALE',
        update.staleness,
        0,
        spec.maximumStaleness ?? Number.POSITIVE_INFINITY,
      ],
    ];
  for (const [gate, code, value, low, high] of checks) {
    // Written so that NaN does not pass.
    if (value >= low && value <= high) continue;
    const limit = value < low ? `at least ${low}` : `at most ${high}`;
    return {
      participant: update.participant,
      code,
      gate,
      message: `${gate}: ${value} where ${limit} is allowed`,
    };
  }
  return undefined;
}

/**
 * The updates of a cohort that are far longer than its median. The median is of those given, and is not taken again
 * without the refused.
 */
export function refuseInCohort(spec: GateSpec, updates: readonly ContributionFacts[]): GateRefusal[] {
  const times = spec.maximumTimesMedianNorm;
  if (times === undefined || updates.length === 0) return [];
  const limit = times * median(updates.map(({ norm }) => norm));
  return updates
    .filter(({ norm }) => !(norm <= limit))
    .map(({ participant, norm }) => ({
      participant,
      code: 'E_UPDATE_NORM',
      gate: 'maximumTimesMedianNorm',
      message: `maximumTimesMedianNorm: the norm is ${norm}, at most ${limit} is allowed`,
    }));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
