import type { GapCause } from '../../../connectors/connector.ts';
import { compareTimes, type SourceTime } from './source-time.ts';

/** An unfilled row of the ledger, as far as windows depend on it: an open interval of sourceTimestamps. */
export interface GapInterval {
  readonly epoch: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly cause: GapCause;
}

/** The unfilled rows of one signal, to be asked for each of very many blocks. */
export class GapIndex {
  /** By begin. */
  readonly #rows: readonly GapInterval[];
  /** The latest end among the rows up to each. */
  readonly #latestEnd: SourceTime[] = [];

  constructor(rows: readonly GapInterval[]) {
    this.#rows = [...rows].sort((a, b) => compareTimes(beginOf(a), beginOf(b)));
    let latest: SourceTime | undefined;
    for (const row of this.#rows) {
      const end = endOf(row);
      latest = latest === undefined || compareTimes(latest, end) < 0 ? end : latest;
      this.#latestEnd.push(latest);
    }
  }

  /** The last row that has time in common with the interval between two times; undefined for none. */
  between(
    from: SourceTime,
    to: SourceTime,
    fits: (row: GapInterval) => boolean = () => true,
  ): GapInterval | undefined {
    let index = this.#beginBefore(to);
    for (; index >= 0; index -= 1) {
      const latestEnd = this.#latestEnd[index];
      if (latestEnd === undefined || compareTimes(latestEnd, from) <= 0) return undefined;
      const row = this.#rows[index];
      if (row !== undefined && compareTimes(endOf(row), from) > 0 && fits(row)) return row;
    }
    return undefined;
  }

  /** Index of the last row that begins before a time; -1 for none. */
  #beginBefore(time: SourceTime): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = this.#rows[middle];
      if (row !== undefined && compareTimes(beginOf(row), time) < 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function beginOf({ epoch, fromMs }: GapInterval): SourceTime {
  return { epoch, timestampMs: fromMs };
}

function endOf({ epoch, toMs }: GapInterval): SourceTime {
  return { epoch, timestampMs: toMs };
}
