import type { ParticipantStatus } from './participant-status.ts';

/** After so long the rows are told again, since an aggregator forgets them with its process. */
const REPEAT_MS = 30_000;

interface Told {
  readonly text: string;
  readonly atMs: number;
}

/** Leaves out of heartbeats the rows of gap ledgers that the aggregator has been told. */
export class ToldGaps {
  readonly #told = new Map<string, Told>();

  /** The statuses without rows that were told before; `noteTold` with the result once they have arrived. */
  without(statuses: readonly ParticipantStatus[], nowMs: number): ParticipantStatus[] {
    return statuses.map((status) => {
      const { newestGaps, ...rest } = status;
      const told = this.#told.get(status.id);
      const isTold =
        told !== undefined && nowMs - told.atMs < REPEAT_MS && told.text === JSON.stringify(newestGaps);
      return isTold ? rest : status;
    });
  }

  noteTold(statuses: readonly ParticipantStatus[], nowMs: number): void {
    for (const { id, newestGaps } of statuses) {
      if (newestGaps !== undefined) this.#told.set(id, { text: JSON.stringify(newestGaps), atMs: nowMs });
    }
  }
}
