import { eligible, type RunContext, readyOnes } from './run-context.ts';

/** Why a run cannot go on just now. */
export interface Wait {
  /** For people, such as `2 of 3 participants are ready, 3 are needed`. */
  readonly waitsFor: string;
  /** `participants`: too few are ready; `answers`: jobs are on their way. */
  readonly kind: 'participants' | 'answers';
}

/** Longest list of participants that a reason shows. */
const SHOWN = 10;

/** Too few are ready, with what keeps each of the others. */
export function tooFew(context: RunContext, reason = 'too few participants are ready'): Wait {
  const ready = new Set(readyOnes(context));
  const others = eligible(context).filter((id) => !ready.has(id));
  const shown = others
    .slice(0, SHOWN)
    .map((id) => `${id}: ${context.participants.whyNotReady(id, context.federation.id)}`);
  if (others.length > SHOWN) shown.push(`and ${others.length - SHOWN} more`);
  return {
    waitsFor: shown.length === 0 ? reason : `${reason} (${shown.join('; ')})`,
    kind: 'participants',
  };
}
