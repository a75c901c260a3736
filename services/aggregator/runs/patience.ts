import type { CodedError } from '../../../runtime/errors.ts';

/** An unexplained failure that lasts longer than this ends the run: nothing may be tried for ever. */
const LONGEST_UNEXPLAINED_MS = 60_000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 10_000;

/** Tries again what failed, ever more rarely, with the reason in sight. */
export class Patience {
  readonly #retry: () => void;
  #failures = 0;
  #sinceMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #trouble: string | undefined;

  /** @param retry is called when it is time. */
  constructor(retry: () => void) {
    this.#retry = retry;
  }

  /** What is being tried again and why, for people. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Whether a retry is due later; nothing should be tried before. */
  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  /** Whether trying again after this failure cannot help (any longer). */
  isLasting(error: CodedError): boolean {
    if (this.#failures === 0) this.#sinceMs = performance.now();
    const lastedMs = performance.now() - this.#sinceMs;
    return !error.retryable || (error.code === 'E_INTERNAL' && lastedMs > LONGEST_UNEXPLAINED_MS);
  }

  /** Waits, and then tries again. */
  wait(error: CodedError): void {
    this.#trouble = `${error.code}: ${error.message}; it is tried again`;
    const delayMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.stop();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#retry();
    }, delayMs);
  }

  /** All is well. @returns whether it was not before. */
  succeeded(): boolean {
    const hadTrouble = this.#trouble !== undefined;
    this.#failures = 0;
    this.#trouble = undefined;
    return hadTrouble;
  }

  /** Forgets the retry: there is a reason to try now, or none any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
