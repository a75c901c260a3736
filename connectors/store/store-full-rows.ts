import type { Gap } from '../connector.ts';
import type { Interval } from './lost-intervals.ts';
import { nextAbove, nextBelow } from './next-number.ts';

/** Makes the rows of the ledger for samples that were dropped; those of consecutive segments become one that grows. */
export class StoreFullRows {
  /** Of each signal and epoch the row that ended with the last segment. */
  #open = new Map<string, Gap>();

  /**
   * The rows for a dropped segment, which is the next after the one before.
   * @param segment its number, which makes the ids: what is dropped twice, as the process died over it, is noted once.
   */
  add(segment: number, intervals: readonly Interval[]): readonly Gap[] {
    const open = new Map<string, Gap>();
    const rows = intervals.map(({ signal, epoch, firstMs, lastMs }, index): Gap => {
      const key = `${epoch} ${signal}`;
      const before = this.#open.get(key);
      this.#open.delete(key);
      // A row excludes its bounds, which were dropped as well.
      const toMs = nextAbove(lastMs);
      const row: Gap =
        before !== undefined && firstMs > before.fromMs
          ? { ...before, toMs: Math.max(before.toMs, toMs) }
          : {
              id: `store-full/${segment}/${index}`,
              signal,
              epoch,
              fromMs: nextBelow(firstMs),
              toMs,
              cause: 'store-full',
              filled: false,
            };
      open.set(key, row);
      return row;
    });
    this.#open = open;
    return rows;
  }

  /** What is dropped from now on does not follow what was. */
  end(): void {
    this.#open.clear();
  }
}
