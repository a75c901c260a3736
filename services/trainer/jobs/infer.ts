import type { InferJob } from '../../../openapi/schemas.ts';
import { profileFeatures } from '../data-set/profile-features.ts';
import { answerCommand } from './answer-command.ts';
import { fetchVersion } from './fetch-version.ts';
import { dataSetOf, type JobContext, type JobResources } from './job-resources.ts';

/**
 * Classifies a window of a participant by a model version. The window's samples and features stay here; class and
 * probabilities are the answer.
 * @throws CodedError `E_NOT_FOUND` for a window that is not there, `E_TOO_FEW_EXAMPLES` without a scaler.
 */
export async function infer(job: InferJob, context: JobContext, resources: JobResources): Promise<void> {
  const { federation, participant, window: name, version, model, profile } = job;
  const dataSet = dataSetOf(resources, participant);
  const { window, windowAt, features } = await dataSet.windowFeatures(profile, name);
  const scaler = profile.standardisation === 'federated' ? undefined : await dataSet.scaler(profile);
  const fetch = fetchVersion(federation, version, context, resources);
  const { probabilities } = await resources.versions.use(version, fetch, (versionFile) =>
    resources.tasks.perform(
      {
        kind: 'infer',
        versionFile,
        model,
        features: [...features],
        featureShape: profileFeatures(profile).shape,
        ...(scaler !== undefined && { scaler }),
      },
      { signal: context.signal },
    ),
  );
  const best = probabilities.indexOf(Math.max(...probabilities));
  const byClass = Object.fromEntries(profile.classes.map((name, index) => [name, probabilities[index] ?? 0]));
  await answerCommand(
    job,
    { kind: 'infer', window, windowAt, class: profile.classes[best] ?? '', probabilities: byClass },
    context,
    resources,
  );
}
