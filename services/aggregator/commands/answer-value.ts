import type { CommandAnswer, FeedbackJob, InferJob } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { CommandServices } from './command-context.ts';

/** A participant's answer as the client of the command gets it. @throws CodedError `E_INVALID_INPUT` for foreign classes */
export function answerValue(
  { ids }: Pick<CommandServices, 'ids'>,
  job: InferJob | FeedbackJob,
  answer: CommandAnswer,
) {
  const { participant, federation, profile } = job;
  const { kind, ...said } = answer;
  if (kind === 'feedback' || job.kind === 'feedback') {
    return { participant, federation, ...said, effectiveFrom: 'the next run' };
  }
  const names = 'probabilities' in answer ? Object.keys(answer.probabilities) : [];
  if (names.length !== profile.classes.length || names.some((name) => !profile.classes.includes(name))) {
    throw new CodedError(
      'E_INVALID_INPUT',
      `the answer of ${participant} has other classes than the profile`,
    );
  }
  const { group, number, sha256 } = job.version;
  const modelId = ids.model(federation, group, number);
  return { participant, federation, ...said, modelId, modelVersion: number, modelSha256: sha256 };
}
