import type { Gap, GapCause } from '../connector.ts';

/** Ids that are remembered so that a row that grows counts once. */
const REMEMBERED_ROWS = 10_000;

/** What a connector has counted since it was opened. Plain numbers: they are counted for every value. */
export class OpcuaMetrics {
  /** Values that arrived, repetitions included. */
  received = 0;
  /** Values with the overflow bit, and events that say so. */
  overflows = 0;
  duplicates = 0;
  /** Links after the first: clients that were made anew. */
  relinks = 0;
  /** Reconnects that the library repaired. */
  repairs = 0;
  backfilled = 0;
  /** Items with a sampling interval or queue that is worse than asked for. */
  revisedItems = 0;
  /** Arrival less sourceTimestamp of the newest value, in milliseconds. */
  newestLagMs = 0;
  readonly #gaps = new Map<GapCause, number>();
  readonly #rows = new Set<string>();

  /** Counts a row of the gap ledger, once. */
  countGap({ id, cause }: Gap): void {
    if (this.#rows.has(id)) return;
    if (this.#rows.size >= REMEMBERED_ROWS) this.#rows.clear();
    this.#rows.add(id);
    this.#gaps.set(cause, (this.#gaps.get(cause) ?? 0) + 1);
  }

  /** All of them as figures of a connector's state. */
  figures(): Record<string, number> {
    return {
      receivedValues: this.received,
      overflows: this.overflows,
      duplicates: this.duplicates,
      relinks: this.relinks,
      repairs: this.repairs,
      backfilledValues: this.backfilled,
      revisedItems: this.revisedItems,
      newestLagMs: Math.round(this.newestLagMs),
      ...Object.fromEntries([...this.#gaps].map(([cause, rows]) => [`gaps ${cause}`, rows])),
    };
  }
}
