import { CodedError } from '../../runtime/errors.ts';

interface PollOptions {
  /** What is waited for, for the failure's message. */
  readonly what: string;
  readonly intervalMs?: number;
  /** Time after which it fails; for ever by default. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks again until there is an answer, and returns it. A question that fails for now is asked again.
 * @throws CodedError `E_UNREACHABLE` when time runs out, `E_ABORTED` when `signal` is aborted.
 */
export async function poll<Value>(
  ask: () => Promise<Value | undefined>,
  { what, intervalMs = 100, timeoutMs = Number.POSITIVE_INFINITY, signal }: PollOptions,
): Promise<Value> {
  const endMs = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    if (signal?.aborted) throw new CodedError('E_ABORTED', `no longer waiting for ${what}`);
    try {
      const value = await ask();
      if (value !== undefined) return value;
    } catch (thrown) {
      if (!(thrown instanceof CodedError && thrown.retryable)) throw thrown;
      last = thrown;
    }
    if (Date.now() > endMs) {
      throw new CodedError('E_UNREACHABLE', `waited ${timeoutMs / 1000} s in vain for ${what}`, {
        cause: last,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
