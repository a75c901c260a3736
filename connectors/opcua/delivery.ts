import { type CodedError, toCodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Gap, Receiver, Sample } from '../connector.ts';

const RETRY_INTERVAL_MS = 250;

/** The values of one publish response, and what to do about its acknowledgement. */
export interface Batch {
  readonly samples: readonly Sample[];
  readonly gaps: readonly Gap[];
  /** Keeps the acknowledgement back and stops asking for more. */
  hold(): void;
  /** Lets the acknowledgement go and asks for more. */
  release(): void;
}

/**
 * Hands batches to the receiver in order. A batch that the receiver cannot take (a full disk, say) is offered again
 * until it can, and stays unacknowledged meanwhile: the server's queue bridges the time.
 */
export class Delivery {
  readonly #receiver: Receiver;
  readonly #log: Log;
  readonly #changed: () => void;
  #waiting: { gaps: Gap[]; samples: readonly Sample[]; release: () => void }[] = [];
  #retry: NodeJS.Timeout | undefined;
  #trouble: CodedError | undefined;

  /** @param changed called whenever `trouble` came or went. */
  constructor(receiver: Receiver, log: Log, changed: () => void) {
    this.#receiver = receiver;
    this.#log = log;
    this.#changed = changed;
  }

  /** Why the receiver takes nothing at the moment, if so. */
  get trouble(): CodedError | undefined {
    return this.#trouble;
  }

  /** Delivers at once, before this call returns, if the receiver can take it. */
  deliver(batch: Batch): void {
    this.#waiting.push({ gaps: [...batch.gaps], samples: batch.samples, release: batch.release });
    if (this.#retry === undefined && this.#flush()) return;
    batch.hold();
    this.#scheduleRetry();
  }

  /** Offers what waits a last time. */
  close(): void {
    clearTimeout(this.#retry);
    if (this.#waiting.length > 0 && !this.#flush()) {
      this.#log.error(
        { event: 'opcua.undelivered', batches: this.#waiting.length },
        'batches were not taken',
      );
    }
    this.#waiting = [];
  }

  #flush(): boolean {
    try {
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        const filled: Gap[] = [];
        for (let gap = next.gaps[0]; gap !== undefined; gap = next.gaps[0]) {
          this.#receiver.gap(gap);
          if (gap.filled) filled.push(gap);
          next.gaps.shift();
        }
        if (next.samples.length > 0) this.#receive(next.samples, filled, next.gaps);
        this.#waiting.shift();
        // A batch that was delivered at once has nothing to release; its acknowledgement was never held.
        if (this.#trouble !== undefined) next.release();
      }
      this.#setTrouble(undefined);
      return true;
    } catch (thrown) {
      this.#setTrouble(toCodedError(thrown));
      return false;
    }
  }

  /** What was not taken fills no gap: its rows are taken back, and come again with it. */
  #receive(samples: readonly Sample[], filled: readonly Gap[], again: Gap[]): void {
    try {
      this.#receiver.receive(samples);
    } catch (thrown) {
      again.push(...filled);
      for (const gap of filled) this.#receiver.gap({ ...gap, filled: false });
      throw thrown;
    }
  }

  #scheduleRetry(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      if (!this.#flush()) this.#scheduleRetry();
    }, RETRY_INTERVAL_MS);
  }

  #setTrouble(trouble: CodedError | undefined): void {
    const changed = this.#trouble?.message !== trouble?.message;
    this.#trouble = trouble;
    if (!changed) return;
    if (trouble !== undefined) {
      this.#log.error({ event: 'opcua.receiver.failed', code: trouble.code }, trouble.message);
    }
    this.#changed();
  }
}
