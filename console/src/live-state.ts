import type { ModelVersion, Participant, Run, Schemas } from './api.ts';

/** Everything the event stream told so far, by id. */
export interface LiveState {
  readonly runs: ReadonlyMap<string, Run>;
  readonly participants: ReadonlyMap<string, Participant>;
  /** By `federation/group/number`. */
  readonly versions: ReadonlyMap<string, ModelVersion>;
}

export const emptyState: LiveState = { runs: new Map(), participants: new Map(), versions: new Map() };

/** The state after one more event. */
export function applyEvent(state: LiveState, event: Schemas['Event']): LiveState {
  switch (event.kind) {
    case 'run':
      return { ...state, runs: new Map(state.runs).set(event.run.id, event.run) };
    case 'participant':
      return {
        ...state,
        participants: new Map(state.participants).set(event.participant.id, event.participant),
      };
    case 'version': {
      const { federation, group, number } = event.version;
      return {
        ...state,
        versions: new Map(state.versions).set(`${federation}/${group}/${number}`, event.version),
      };
    }
  }
}

/** Runs, newest first: their ids sort by time. */
export function runsNewestFirst(state: LiveState): Run[] {
  return [...state.runs.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}

/** Key of a version in `LiveState.versions`. */
export function versionKey({
  federation,
  group,
  number,
}: Pick<ModelVersion, 'federation' | 'group' | 'number'>): string {
  return `${federation}/${group}/${number}`;
}
