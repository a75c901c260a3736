import type { Schemas } from '../../../openapi/schemas.ts';
import { patiently } from '../patiently.ts';
import type { JobContext, JobResources } from './job-resources.ts';

/** How the bytes of a model version are fetched, where the cache does not have them. */
export function fetchVersion(
  federation: string,
  version: Schemas['FileReference'],
  { signal }: JobContext,
  { client, log }: JobResources,
): () => Promise<AsyncIterable<Uint8Array>> {
  return () => patiently(() => client.weights(federation, version), { signal, log, what: 'version' });
}
