import type { Gap } from '../../connectors/connector.ts';
import type { WrittenValues } from './write-log.ts';

/** How what a server wrote compares with what is on disk; numbers of samples. */
export interface Verdict {
  /** Written within the judged time. */
  readonly written: number;
  readonly stored: number;
  /** Written and not stored. */
  readonly lost: number;
  /** Of the lost ones, those inside a ledger row of their signal. */
  readonly accounted: number;
  /** Lost outside every row: silent loss. */
  readonly silent: number;
  /** Stored, although a row of the same epoch that is not filled says that they are missing. */
  readonly contradicted: number;
  /** Stored more than once. */
  readonly duplicates: number;
  /** Stored and never written so: an unknown timestamp, or another value. */
  readonly invented: number;
}

/** The parts of a verdict that must not be: a ledger that does not tell the truth. */
export function unaccounted({ silent, contradicted, duplicates, invented }: Verdict): number {
  return silent + contradicted + duplicates + invented;
}

/** Adds verdicts. */
export function sumOf(verdicts: Iterable<Verdict>): Verdict {
  const sum = {
    written: 0,
    stored: 0,
    lost: 0,
    accounted: 0,
    silent: 0,
    contradicted: 0,
    duplicates: 0,
    invented: 0,
  };
  const keys = Object.keys(sum) as (keyof Verdict)[];
  for (const verdict of verdicts) for (const key of keys) sum[key] += verdict[key];
  return sum;
}

/**
 * Judges one signal: takes what is stored in any order, then the ledger. It trusts the server's log only. Epochs are the
 * connector's: a timestamp that was lost may lie in a row of any, one that is stored belies the rows of its own.
 */
export class SignalJudge {
  readonly #written: WrittenValues;
  readonly #counts: Uint8Array;
  /** Epoch of each stored value, where there was ever more than one. */
  readonly #epochs = new Map<number, number>();
  #next = 0;
  #stored = 0;
  #duplicates = 0;
  #invented = 0;
  #firstStoredMs = Number.POSITIVE_INFINITY;

  constructor(written: WrittenValues) {
    this.#written = written;
    this.#counts = new Uint8Array(written.timesMs.length);
  }

  /** Takes a stored sample: its timestamp, the counter that it shows and its epoch. */
  stored(timeMs: number, number: number, epoch = 0): void {
    const index = this.#indexOf(timeMs);
    this.#stored += 1;
    if (index === undefined || this.#written.numbers[index] !== number) {
      this.#invented += 1;
      return;
    }
    const count = this.#counts[index] ?? 0;
    if (count > 0) this.#duplicates += 1;
    this.#counts[index] = Math.min(count + 1, 255);
    if (epoch > 0) this.#epochs.set(index, epoch);
    this.#firstStoredMs = Math.min(this.#firstStoredMs, timeMs);
  }

  /**
   * @param rows the ledger's rows of this signal; a row lies strictly between its timestamps.
   * @param judged from when on every value written had to come, even if nothing earlier is stored, and until when.
   */
  verdict(rows: readonly Gap[], judged: { readonly fromMs: number; readonly untilMs: number }): Verdict {
    const { timesMs } = this.#written;
    const fromMs = Math.min(this.#firstStoredMs, judged.fromMs);
    const missing = this.#insideUnfilled(rows, () => true);
    const belied = this.#insideUnfilled(
      rows,
      (epoch, index) => (this.#counts[index] ?? 0) > 0 && epoch === (this.#epochs.get(index) ?? 0),
    );
    let written = 0;
    let lost = 0;
    let accounted = 0;
    let contradicted = 0;
    for (const [index, timeMs] of timesMs.entries()) {
      if (timeMs < fromMs || timeMs > judged.untilMs) continue;
      written += 1;
      const isStored = (this.#counts[index] ?? 0) > 0;
      const isMissing = missing[index] === 1;
      if (belied[index] === 1) contradicted += 1;
      if (!isStored) lost += 1;
      if (!isStored && isMissing) accounted += 1;
    }
    return {
      written,
      stored: this.#stored,
      lost,
      accounted,
      silent: lost - accounted,
      contradicted,
      duplicates: this.#duplicates,
      invented: this.#invented,
    };
  }

  /** How many of the values written between two times (both inside) are stored, and how many are not. */
  between(fromMs: number, toMs: number): { stored: number; lost: number } {
    let stored = 0;
    let lost = 0;
    for (const [index, timeMs] of this.#written.timesMs.entries()) {
      if (timeMs < fromMs || timeMs > toMs) continue;
      if ((this.#counts[index] ?? 0) > 0) stored += 1;
      else lost += 1;
    }
    return { stored, lost };
  }

  /** Which of the written values lie inside a row that is not filled, if the row's epoch matters for them. */
  #insideUnfilled(rows: readonly Gap[], matters: (epoch: number, index: number) => boolean): Uint8Array {
    const { timesMs } = this.#written;
    const inside = new Uint8Array(timesMs.length);
    for (const { fromMs, toMs, filled, epoch = 0 } of rows) {
      if (filled) continue;
      for (let index = lowerBound(timesMs, fromMs); (timesMs[index] ?? toMs) < toMs; index++) {
        if ((timesMs[index] ?? fromMs) > fromMs && matters(epoch, index)) inside[index] = 1;
      }
    }
    return inside;
  }

  /** Stored samples come nearly in the order of the log, so the place after the last one is tried first. */
  #indexOf(timeMs: number): number | undefined {
    const { timesMs } = this.#written;
    if (timesMs[this.#next] !== timeMs) {
      const index = lowerBound(timesMs, timeMs);
      if (timesMs[index] !== timeMs) return undefined;
      this.#next = index;
    }
    this.#next += 1;
    return this.#next - 1;
  }
}

/** The first index whose time is not before `timeMs`. */
function lowerBound(timesMs: Float64Array, timeMs: number): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesMs[middle] ?? 0) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
