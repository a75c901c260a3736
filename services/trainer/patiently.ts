import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError, toCodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';

interface Patience {
  readonly signal: AbortSignal;
  readonly log: Log;
  /** What the log calls the request. */
  readonly what: string;
  /** Total time without an answer, after which the last failure is thrown. @defaultValue 600,000 */
  readonly timeoutMs?: number;
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 2_000;

/**
 * Repeats a request while the aggregator does not answer: it restarts within seconds, and that must not cost a job's
 * attempt; and while it has as many uploads as it takes, for which it says when to come again: it is there, so that this
 * ends only with the signal. Any other failure is thrown at once.
 * @throws CodedError `E_ABORTED` once the signal is.
 */
export async function patiently<Value>(
  request: () => Promise<Value>,
  { signal, log, what, timeoutMs = 600_000 }: Patience,
): Promise<Value> {
  let endMs = performance.now() + timeoutMs;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
    if (signal.aborted) throw new CodedError('E_ABORTED', `${what} was called off`);
    let waitMs: number;
    try {
      return await request();
    } catch (thrown) {
      const error = toCodedError(thrown);
      const isBusy = error.code === 'E_TOO_MANY_UPLOADS';
      if (isBusy) endMs = performance.now() + timeoutMs;
      else if (error.code !== 'E_UNREACHABLE' || performance.now() > endMs) throw error;
      waitMs = waitOf(error, delayMs);
      const event = isBusy ? 'aggregator.busy' : 'aggregator.unreachable';
      log[isBusy ? 'debug' : 'warn']({ event, what, retryMs: waitMs }, error.message);
    }
    // An abort ends the wait early; the loop then says so.
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

/** As long as the answer says, and up to half as long again, so that those who were sent away together do not come together. */
function waitOf({ details }: CodedError, delayMs: number): number {
  const told = details['retryAfterMs'];
  return typeof told === 'number' ? told * (1 + Math.random() / 2) : delayMs;
}
