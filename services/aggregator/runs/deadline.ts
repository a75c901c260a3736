import type { DeadlineTable } from '../store/deadline-table.ts';

interface Options {
  readonly deadlines: DeadlineTable;
  /** Unique name of what must end by then. */
  readonly name: string;
  /** Time it has in all. */
  readonly fullMs: number;
  /** Whether time counts at the moment: it does not while the queue cannot reach anybody. */
  counts(): boolean;
  expired(): void;
}

/** How often the remaining time is stored: a kill gives back at most this much. */
const STORE_EVERY_MS = 1000;

/** A deadline that counts only the time in which the aggregator was up and could reach its trainers. */
export class Deadline {
  readonly #options: Options;
  #remainingMs: number;
  #stored: boolean;
  #lastMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: Options) {
    this.#options = options;
    const stored = options.deadlines.get(options.name);
    this.#stored = stored !== undefined;
    this.#remainingMs = stored ?? options.fullMs;
    this.#arm();
  }

  get remainingMs(): number {
    return Math.max(0, this.#remainingMs - (this.#options.counts() ? performance.now() - this.#lastMs : 0));
  }

  get hasPassed(): boolean {
    return this.remainingMs <= 0;
  }

  /** Ends it: what it was for is done. */
  cancel(): void {
    clearTimeout(this.#timer);
    if (this.#stored) this.#options.deadlines.delete(this.#options.name);
    this.#stored = false;
  }

  /** Stops the clock and stores what remains, for the next start. */
  suspend(): void {
    clearTimeout(this.#timer);
    this.#options.deadlines.put(this.#options.name, this.remainingMs);
  }

  #arm(): void {
    this.#timer = setTimeout(() => this.#tick(), Math.min(this.#remainingMs, STORE_EVERY_MS) + 1);
  }

  #tick(): void {
    this.#remainingMs = this.remainingMs;
    this.#lastMs = performance.now();
    if (this.#remainingMs <= 0) {
      this.#options.expired();
      return;
    }
    this.#options.deadlines.put(this.#options.name, this.#remainingMs);
    this.#stored = true;
    this.#arm();
  }
}
