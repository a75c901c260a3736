import type { FeedbackJob } from '../../../openapi/schemas.ts';
import { answerCommand } from './answer-command.ts';
import { dataSetOf, type JobContext, type JobResources } from './job-resources.ts';

/**
 * Notes a label that a person gave a window; the next frozen index has it.
 * @throws CodedError `E_NOT_FOUND` for a window that is not there, `E_INVALID_INPUT` for a label that is no class.
 */
export async function feedback(
  job: FeedbackJob,
  context: JobContext,
  resources: JobResources,
): Promise<void> {
  const { request, participant, window: name, label: given, profile } = job;
  const dataSet = dataSetOf(resources, participant);
  const { window, windowAt, label } = await dataSet.correctLabel(profile, {
    request,
    window: name,
    label: given,
  });
  resources.log.info({ event: 'label.corrected', participant, request, window });
  await answerCommand(job, { kind: 'feedback', window, windowAt, label }, context, resources);
}
