import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { InitialiseJob } from '../../../openapi/schemas.ts';
import { profileFeatures } from '../data-set/profile-features.ts';
import { patiently } from '../patiently.ts';
import type { JobContext, JobResources } from './job-resources.ts';

/**
 * Makes version 0 of a federation's model and sends it. It depends on the job alone, so that a repetition sends the same.
 * @throws CodedError `E_UNKNOWN_MODEL`, `E_UNKNOWN_FEATURE`, `E_NUMERICS_MISMATCH`.
 */
export async function initialise(
  job: InitialiseJob,
  { signal }: JobContext,
  { client, tasks, updates, backends, log }: JobResources,
): Promise<void> {
  const backend = backends.require(job.numerics);
  const { run, model, profile, seed, scaler, group } = job;
  const { shape: featureShape } = profileFeatures(profile);
  await updates.written(
    (versionFile) =>
      tasks.perform(
        {
          kind: 'initialise',
          model,
          profile,
          featureShape,
          seed,
          scaler,
          versionFile,
          ...(group !== undefined && { group }),
        },
        { signal, backend },
      ),
    async ({ path }) => {
      const content = await readFile(path);
      const sha256 = createHash('sha256').update(content).digest('hex');
      const file = { path, sha256, bytes: content.byteLength };
      await patiently(() => client.putInitialVersion(run, file, signal), {
        signal,
        log,
        what: 'initial version',
      });
    },
  );
}
