import { toCodedError } from '../../../runtime/errors.ts';
import { timestamp } from '../clock.ts';
import type { RoundKey, RoundRow } from '../store/round-table.ts';
import type { LiveRound } from './open-round.ts';
import type { RunContext } from './run-context.ts';

interface Asked {
  readonly live: LiveRound;
  /** Those of its cohort that have neither contributed nor given up. */
  awaited: ReadonlySet<string>;
}

/**
 * Of a run whose versions are made of whatever updates have come: the jobs that nobody has answered yet, each from the
 * round in which it was given. They count whenever they come, until a deadline passes.
 */
export class Outstanding {
  readonly #context: RunContext;
  readonly #asked = new Map<string, Asked>();

  constructor(context: RunContext) {
    this.#context = context;
  }

  /** Whether anybody has still to answer a job of that round. */
  isAwaited(row: RoundRow): boolean {
    return this.#awaitedOf(row).size > 0;
  }

  add(live: LiveRound): void {
    this.#asked.set(nameOf(live.row), { live, awaited: this.#awaitedOf(live.row) });
  }

  /** The round of that job, its cohort those that are awaited; undefined when nobody is. */
  get(key: RoundKey): LiveRound | undefined {
    const asked = this.#asked.get(nameOf(key));
    if (asked === undefined) return undefined;
    const row = { ...asked.live.row, cohort: [...this.#awaitedOf(asked.live.row)] };
    return { ...asked.live, row };
  }

  /** All that somebody is awaited of, oldest first, after a look at who has answered. */
  open(): LiveRound[] {
    for (const [name, asked] of this.#asked) {
      asked.awaited = this.#awaitedOf(asked.live.row);
      if (asked.awaited.size === 0) this.#asked.delete(name);
    }
    return [...this.#asked.values()].map(({ live }) => live);
  }

  /** Everybody who is awaited. */
  busy(): Set<string> {
    return new Set([...this.#asked.values()].flatMap(({ awaited }) => [...awaited]));
  }

  /** Waits for nobody any longer: the time is over. */
  giveUp(): void {
    const { store, queue, log } = this.#context;
    for (const { live, awaited } of this.#asked.values()) {
      const { run, round, roundAttempt } = live.row;
      for (const participant of awaited) {
        const refusal = { run, round, roundAttempt, participant, gaveUp: true, at: timestamp() };
        store.contributions.refuse({ ...refusal, code: 'E_ROUND_CLOSED', message: 'no update in time' });
      }
      queue.closeRound({ run, round, roundAttempt }).catch((thrown: unknown) => {
        log.warn({ event: 'round.close.failed', run, round, error: toCodedError(thrown).message });
      });
    }
    this.#asked.clear();
  }

  #awaitedOf(row: RoundRow): Set<string> {
    const { contributions } = this.#context.store;
    const answered = new Set([
      ...contributions.ofRound(row).map(({ participant }) => participant),
      ...contributions.gaveUp(row),
    ]);
    return new Set(row.cohort.filter((id) => !answered.has(id)));
  }
}

function nameOf({ round, roundAttempt }: Omit<RoundKey, 'run'>): string {
  return `${round}.${roundAttempt}`;
}
