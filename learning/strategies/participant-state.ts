/** A state that an update left behind, named by that update's sha256; it counts once the update does. */
export interface ProvisionalState<Content> {
  readonly round: number;
  readonly roundAttempt: number;
  readonly update: string;
  readonly content: Content;
}

/** What a participant keeps of a strategy within a run. */
export interface ParticipantState<Content> {
  /** Of the last update that counted; undefined before the first. */
  readonly current: { readonly update: string; readonly content: Content } | undefined;
  readonly provisional: readonly ProvisionalState<Content>[];
  /** The latest job it saw. */
  readonly round: number;
  readonly roundAttempt: number;
}

/** What a train job tells of a participant's past. */
export interface StateJob {
  readonly round: number;
  readonly roundAttempt: number;
  /** sha256 of the participant's last update that counted, if any. */
  readonly lastCountedUpdate?: string | undefined;
}

/**
 * What a job finds: `ready` to train from `state.current`; `stale`, as a later job has been seen and this one's round is
 * over; `lost`, as the last update that counted left a state that is not here.
 */
export type Settled<Content> =
  | { readonly kind: 'ready'; readonly state: ParticipantState<Content> }
  | { readonly kind: 'stale' }
  | { readonly kind: 'lost'; readonly state: ParticipantState<Content> };

/** Before a participant's first job. */
export const NO_STATE: ParticipantState<never> = {
  current: undefined,
  provisional: [],
  round: 0,
  roundAttempt: 0,
};

/**
 * Brings a participant's state to what the aggregator counts, when a job arrives; doing it twice changes nothing. States of
 * attempts that did not count go. Lost ones start anew: whether the participant may go on so is the strategy's to say.
 */
export function settleState<Content>(state: ParticipantState<Content>, job: StateJob): Settled<Content> {
  const { round, roundAttempt, lastCountedUpdate } = job;
  if (isBefore(job, state)) return { kind: 'stale' };
  const own = state.provisional.filter(
    (each) => each.round === round && each.roundAttempt === roundAttempt && each.update !== lastCountedUpdate,
  );
  const seen = { provisional: own, round, roundAttempt };
  if (lastCountedUpdate === undefined) return { kind: 'ready', state: { ...seen, current: undefined } };
  if (lastCountedUpdate === state.current?.update) {
    return { kind: 'ready', state: { ...seen, current: state.current } };
  }
  const counted = state.provisional.find(({ update }) => update === lastCountedUpdate);
  if (counted !== undefined) {
    const { update, content } = counted;
    return { kind: 'ready', state: { ...seen, current: { update, content } } };
  }
  return { kind: 'lost', state: { ...seen, current: undefined } };
}

/** Adds what a job's training left behind; to be kept durably before the update can leave. The same again replaces it. */
export function proposeState<Content>(
  state: ParticipantState<Content>,
  proposal: ProvisionalState<Content>,
): ParticipantState<Content> {
  const others = state.provisional.filter(
    ({ round, roundAttempt }) => round !== proposal.round || roundAttempt !== proposal.roundAttempt,
  );
  return { ...state, provisional: [...others, proposal] };
}

function isBefore(job: StateJob, seen: Pick<StateJob, 'round' | 'roundAttempt'>): boolean {
  return job.round < seen.round || (job.round === seen.round && job.roundAttempt < seen.roundAttempt);
}
