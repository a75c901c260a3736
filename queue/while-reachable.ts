import type { Redis } from 'ioredis';
import { CodedError, toCodedError } from '../runtime/errors.ts';

/**
 * Runs commands of a fail-fast connection.
 * @throws CodedError `E_REDIS_UNREACHABLE` at once while Redis is away, and when it goes away meanwhile; the commands may
 * or may not have been carried out then.
 */
export async function whileReachable<Value>(client: Redis, commands: () => Promise<Value>): Promise<Value> {
  // BullMQ waits for a connection without a limit, so it is not asked while there is none.
  if (client.status !== 'ready') throw unreachable();
  try {
    return await commands();
  } catch (thrown) {
    throw wasCutOff(thrown) || client.status !== 'ready' ? unreachable(thrown) : toCodedError(thrown);
  }
}

/** ioredis' names of the errors of commands whose connection broke. */
function wasCutOff(thrown: unknown): boolean {
  return thrown instanceof Error && ['AbortError', 'MaxRetriesPerRequestError'].includes(thrown.name);
}

function unreachable(cause?: unknown): CodedError {
  return new CodedError('E_REDIS_UNREACHABLE', 'Redis is not reachable', { cause });
}
