import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError, toCodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';

interface Patience {
  readonly signal: AbortSignal;
  readonly log: Log;
  /** What the log calls the request. */
  readonly what: string;
  /** Total time, after which the last failure is thrown. @defaultValue 600,000 */
  readonly timeoutMs?: number;
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 2_000;

/**
 * Repeats a request while the aggregator does not answer: it restarts within seconds, and that must not cost a job's
 * attempt. Any other failure is thrown at once.
 * @throws CodedError `E_ABORTED` once the signal is.
 */
export async function patiently<Value>(
  request: () => Promise<Value>,
  { signal, log, what, timeoutMs = 600_000 }: Patience,
): Promise<Value> {
  const endMs = performance.now() + timeoutMs;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
    if (signal.aborted) throw new CodedError('E_ABORTED', `${what} was called off`);
    try {
      return await request();
    } catch (thrown) {
      const error = toCodedError(thrown);
      if (error.code !== 'E_UNREACHABLE' || performance.now() > endMs) throw error;
      log.warn({ event: 'aggregator.unreachable', what, retryMs: delayMs }, error.message);
    }
    // An abort ends the wait early; the loop then says so.
    await sleep(delayMs, undefined, { signal }).catch(() => undefined);
  }
}
