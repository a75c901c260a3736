import type { Numerics, TrainingSpec } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';

/** What a pool computes a federation's model with. */
export interface NumericsOffer {
  readonly best: Numerics;
  /** All that it can compute with, the best included or not. */
  readonly all: readonly Numerics[];
}

/**
 * What a run computes with: the first offer's best that every pool can compute with, else what every pool can, else the
 * best that most pools can. Pools that cannot will refuse their jobs with a code.
 * @param offers one a pool, in the order of the first round's cohort; not empty.
 * @throws CodedError `E_NO_GPU` if the run demands a GPU and no pool offers one.
 */
export function chooseNumerics(offers: readonly NumericsOffer[], { device }: TrainingSpec): Numerics {
  const fits = (numerics: Numerics) => device !== 'gpu' || numerics.device === 'gpu';
  const candidates = [...offers.map(({ best }) => best), ...offers.flatMap(({ all }) => all)].filter(fits);
  const poolsWith = (numerics: Numerics) =>
    offers.filter(({ best, all }) => [best, ...all].some((own) => isSame(own, numerics))).length;
  let chosen: Numerics | undefined;
  for (const candidate of candidates) {
    if (chosen === undefined || poolsWith(candidate) > poolsWith(chosen)) chosen = candidate;
  }
  if (chosen !== undefined) return chosen;
  throw new CodedError('E_NO_GPU', 'the run demands a GPU, and none of the ready trainers has one');
}

function isSame(one: Numerics, other: Numerics): boolean {
  const keys = ['backend', 'build', 'library', 'node'] as const;
  return keys.every((key) => one[key] === other[key]) && (one.device ?? 'cpu') === (other.device ?? 'cpu');
}
