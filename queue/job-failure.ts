import { DelayedError, type Job, UnrecoverableError } from 'bullmq';
import { type ErrorCode, isErrorCode, toCodedError } from '../runtime/errors.ts';

/** Waiting time of a job that came too early: from this, doubled each time, up to the longest; in milliseconds. */
const SHORTEST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 2000;

/** Why a job failed for good. */
export interface JobFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * Says to BullMQ what a failure means: too early (`E_NOT_READY`) costs no attempt and comes again soon; a retryable one
 * costs an attempt; any other ends the job. The code stays readable in the job's `failedReason`.
 */
export async function failJob(thrown: unknown, job: Job, token: string): Promise<never> {
  const error = toCodedError(thrown);
  if (error.code === 'E_NOT_READY') {
    const doublings = Math.min(Math.max(job.attemptsStarted - 1, 0), 10);
    const delayMs = Math.min(SHORTEST_DELAY_MS * 2 ** doublings, LONGEST_DELAY_MS);
    await job.moveToDelayed(Date.now() + delayMs, token);
    throw new DelayedError();
  }
  const reason = `${error.code}: ${error.message}`;
  throw error.retryable ? new Error(reason, { cause: error }) : new UnrecoverableError(reason);
}

/** Reads the `failedReason` of a job that failed for good. */
export function parseFailure(failedReason: string): JobFailure {
  const [, code, message = ''] = /^(E_[A-Z_]+): ([\s\S]*)$/.exec(failedReason) ?? [];
  if (isErrorCode(code)) return { code, message };
  // BullMQ's own words: the workers that held the job died too often.
  return { code: 'E_PROCESS_FAILED', message: failedReason };
}
