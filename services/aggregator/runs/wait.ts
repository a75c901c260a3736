import { CodedError } from '../../../runtime/errors.ts';
import { eligible, type RunContext, readyOnes } from './run-context.ts';

/** Why a run cannot go on just now. */
export interface Wait {
  /** For people, such as `2 of 3 participants are ready, 3 are needed`. */
  readonly waitsFor: string;
  /** `participants`: too few are ready; `answers`: jobs are on their way; `room`: the disk has too little. */
  readonly kind: 'participants' | 'answers' | 'room';
}

/** Longest list of participants that a reason shows. */
const SHOWN = 10;

/**
 * Too few are ready, with what keeps each of the others.
 * @throws CodedError `E_RUN_FAILED` if none of the others can become ready: their sources have finished.
 */
export function tooFew(context: RunContext, reason = 'too few participants are ready'): Wait {
  const ready = new Set(readyOnes(context));
  const others = eligible(context).filter((id) => !ready.has(id));
  const isSpent = (id: string) => {
    const data = context.participants
      .get(id)
      ?.data?.find(({ federation }) => federation === context.federation.id);
    return data?.finished === true && !data.ready;
  };
  const shown = others
    .slice(0, SHOWN)
    .map((id) => `${id}: ${context.participants.whyNotReady(id, context.federation.id)}`);
  if (others.length > SHOWN) shown.push(`and ${others.length - SHOWN} more`);
  if (others.length > 0 && others.every(isSpent)) {
    const message = `${reason}, and the sources of the others have finished (${shown.join('; ')})`;
    throw new CodedError('E_RUN_FAILED', message);
  }
  return {
    waitsFor: shown.length === 0 ? reason : `${reason} (${shown.join('; ')})`,
    kind: 'participants',
  };
}
