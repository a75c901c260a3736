import { performance } from 'node:perf_hooks';
import { CodedError } from '../../../runtime/errors.ts';

interface Options {
  /** Uploads at the same time, from 1. */
  readonly most: number;
  /** How long one that comes waits in line before it is sent away. @defaultValue 1,000 */
  readonly lineMs?: number;
}

interface Waiting {
  admit(): void;
}

const SHORTEST_RETRY_SECONDS = 1;
const LONGEST_RETRY_SECONDS = 30;
/** Weight of the newest upload in the mean duration. */
const NEWEST = 0.1;

/**
 * Places for uploads that are open at the same time, so that memory does not grow with the cohort. As many again wait in
 * line for a moment, first come, first served, before a byte of theirs is read; the others are told when to come again.
 */
export class UploadPlaces {
  readonly #most: number;
  readonly #lineMs: number;
  readonly #line = new Set<Waiting>();
  #taken = 0;
  #meanSeconds = 0;

  constructor({ most, lineMs = 1_000 }: Options) {
    this.#most = most;
    this.#lineMs = lineMs;
  }

  /** Uploads that are open now. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Does the work of an upload once there is a place for it.
   * @param signal aborted when the sender went away, which ends the wait only.
   * @throws CodedError `E_TOO_MANY_UPLOADS` with `retryAfterSeconds`; what the work throws.
   */
  async within<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    await this.#place(signal);
    const beganMs = performance.now();
    try {
      return await work();
    } finally {
      this.#meanSeconds += NEWEST * ((performance.now() - beganMs) / 1000 - this.#meanSeconds);
      this.#leave();
    }
  }

  async #place(signal: AbortSignal): Promise<void> {
    if (this.#taken < this.#most) {
      this.#taken += 1;
      return;
    }
    if (this.#line.size >= this.#most || !(await this.#waited(signal))) throw this.#full();
  }

  /** @returns whether a place, which is taken then, became free in time. */
  #waited(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (admitted: boolean): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        this.#line.delete(waiting);
        resolve(admitted);
      };
      const giveUp = () => settle(false);
      const waiting: Waiting = { admit: () => settle(true) };
      const timer = setTimeout(giveUp, this.#lineMs);
      signal.addEventListener('abort', giveUp);
      this.#line.add(waiting);
    });
  }

  #leave(): void {
    const [next] = this.#line;
    // The place goes from hand to hand: nobody who comes now is quicker than who waits.
    if (next !== undefined) next.admit();
    else this.#taken -= 1;
  }

  /** A place is likely to be free again in about the time that an upload takes. */
  #full(): CodedError {
    const seconds = Math.ceil(this.#meanSeconds);
    const retryAfterSeconds = Math.min(Math.max(seconds, SHORTEST_RETRY_SECONDS), LONGEST_RETRY_SECONDS);
    return new CodedError('E_TOO_MANY_UPLOADS', `${this.#most} uploads of updates are open already`, {
      details: { retryAfterSeconds },
    });
  }
}
