import type { Schemas } from '../../../openapi/schemas.ts';
import { patiently } from '../patiently.ts';
import type { JobContext, JobResources } from './job-resources.ts';

type FileReference = Schemas['FileReference'];

/** How the bytes of a model version are fetched, where the cache does not have them. */
export function fetchVersion(
  federation: string,
  version: FileReference,
  { signal }: JobContext,
  { client, log }: JobResources,
): () => Promise<AsyncIterable<Uint8Array>> {
  return () => patiently(() => client.weights(federation, version), { signal, log, what: 'version' });
}

/** Calls `work` with the files of several versions, in their order; they stay there until that ends. */
export async function withVersions<Value>(
  federation: string,
  versions: readonly FileReference[],
  context: JobContext,
  resources: JobResources,
  work: (files: readonly string[]) => Promise<Value>,
): Promise<Value> {
  const [first, ...others] = versions;
  if (first === undefined) return work([]);
  const fetch = fetchVersion(federation, first, context, resources);
  return resources.versions.use(first, fetch, (file) =>
    withVersions(federation, others, context, resources, (files) => work([file, ...files])),
  );
}

/** Calls `work` with the file of what a strategy sends down beside its versions, where it sends anything. */
export async function withStrategyState<Value>(
  federation: string,
  state: FileReference | undefined,
  { signal }: JobContext,
  { client, versions, log }: JobResources,
  work: (file: string | undefined) => Promise<Value>,
): Promise<Value> {
  if (state === undefined) return work(undefined);
  const fetch = () =>
    patiently(() => client.strategyState(federation, state), { signal, log, what: 'state of the strategy' });
  return versions.use(state, fetch, work);
}
