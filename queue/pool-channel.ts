import { QUEUE_PREFIX } from './job-id.ts';

/*
 * Messages beside the jobs, by Redis' publish and subscribe: one connection for all pools, and nothing to read but what
 * matters. A message may be lost with a connection; each of them has a second way to arrive, named below.
 */

/** Progress of a pool's jobs. The next one makes up for a lost one. */
export const PROGRESS_CHANNEL = `${QUEUE_PREFIX}:progress`;

/** Pool jobs that failed for good. Said again when the pool's worker starts, and when the job is added again. */
export const FAILURE_CHANNEL = `${QUEUE_PREFIX}:failed`;

/** Jobs that a pool's worker must stop. Without it the job's result is refused in the end: `E_ROUND_CLOSED`. */
export function cancelChannel(pool: string): string {
  return `${QUEUE_PREFIX}:cancel:${pool}`;
}

export interface ProgressMessage {
  readonly pool: string;
  readonly jobId: string;
  readonly progress: unknown;
}

export interface FailureMessage {
  readonly pool: string;
  readonly jobId: string;
  readonly failedReason: string;
}

export interface CancelMessage {
  readonly jobIds: readonly string[];
}

/** The fields of a message; none for what is no message of ours, such as one of another version. */
export function readMessage(text: string): Readonly<Record<string, unknown>> {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null ? { ...message } : {};
  } catch {
    return {};
  }
}
