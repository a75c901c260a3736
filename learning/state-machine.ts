import { CodedError } from '../runtime/errors.ts';

/** For each state, the events it allows and the state each leads to. */
export type Transitions<State extends string, Event extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Event, State>>>>
>;

/** A pure state machine: a table and three questions to it. */
export interface StateMachine<State extends string, Event extends string> {
  /** @throws CodedError `E_WRONG_STATE` if the state does not allow the event. */
  next(state: State, event: Event): State;
  allows(state: State, event: Event): boolean;
  /** Whether nothing can happen any more. */
  isFinal(state: State): boolean;
}

/**
 * @param thing what has the state, for messages, such as `run`.
 */
export function stateMachine<State extends string, Event extends string>(
  thing: string,
  transitions: Transitions<State, Event>,
): StateMachine<State, Event> {
  return {
    next(state, event) {
      const next = transitions[state][event];
      if (next !== undefined) return next;
      const allowed = Object.keys(transitions[state]).join(', ') || 'nothing';
      throw new CodedError('E_WRONG_STATE', `a ${thing} that is ${state} allows ${allowed}, not ${event}`);
    },
    allows: (state, event) => transitions[state][event] !== undefined,
    isFinal: (state) => Object.keys(transitions[state]).length === 0,
  };
}
