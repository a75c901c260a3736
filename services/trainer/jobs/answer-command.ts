import type { CommandAnswer, FeedbackJob, InferJob } from '../../../openapi/schemas.ts';
import { toCodedError } from '../../../runtime/errors.ts';
import { patiently } from '../patiently.ts';
import type { JobContext, JobResources } from './job-resources.ts';

/** Sends the answer to a command. One that nobody waits for any longer ends the job as well. */
export async function answerCommand(
  job: InferJob | FeedbackJob,
  answer: CommandAnswer,
  { signal }: JobContext,
  { client, log }: JobResources,
): Promise<void> {
  const { kind, request, participant } = job;
  try {
    await patiently(() => client.putCommandAnswer(request, participant, answer), {
      signal,
      log,
      what: 'answer',
    });
    log.info({ event: 'command.answered', kind, request, participant });
  } catch (thrown) {
    const { code, message } = toCodedError(thrown);
    if (code !== 'E_WRONG_STATE' && code !== 'E_NOT_FOUND') throw thrown;
    log.warn({ event: 'command.not.awaited', kind, request, participant, code }, message);
  }
}
