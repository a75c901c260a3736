import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import type { ModelVersion } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { type AggregatorClient, aggregatorClient, answered } from '../api/aggregator-client.ts';
import type { ApiOptions } from '../api/api-options.ts';

interface WantedVersion {
  readonly federation: string;
  readonly group: string;
  /** The newest one by default. */
  readonly version?: number;
  /** File that is written; only once its content has the right sha256. */
  readonly output: string;
}

/**
 * Downloads a model version and checks its sha256 against the version's record.
 * @throws CodedError `E_NOT_FOUND`, or `E_HASH_MISMATCH` if what came is not what the record says.
 */
export async function downloadVersion(api: ApiOptions, wanted: WantedVersion): Promise<ModelVersion> {
  const client = aggregatorClient(api);
  const version = await recordOf(client, wanted);
  const params = {
    path: { federationId: wanted.federation, number: version.number },
    query: { group: version.group },
  };
  const body = await answered(
    client.GET('/api/federations/{federationId}/versions/{number}/weights', { params, parseAs: 'stream' }),
  );
  if (body === null)
    throw new CodedError('E_HASH_MISMATCH', `version ${version.number} came without content`);
  await writeChecked(body, wanted.output, version.sha256);
  return version;
}

async function recordOf(client: AggregatorClient, wanted: WantedVersion): Promise<ModelVersion> {
  const { federation, group, version } = wanted;
  if (version !== undefined) {
    const params = { path: { federationId: federation, number: version }, query: { group } };
    return answered(client.GET('/api/federations/{federationId}/versions/{number}', { params }));
  }
  const params = { path: { federationId: federation } };
  const versions = await answered(client.GET('/api/federations/{federationId}/versions', { params }));
  const newest = versions.filter((one) => one.group === group).at(-1);
  if (newest === undefined) {
    throw new CodedError(
      'E_NOT_FOUND',
      `the federation ${federation} has no version in the group ${group} yet`,
    );
  }
  return newest;
}

async function writeChecked(
  body: AsyncIterable<Uint8Array>,
  output: string,
  expected: string,
): Promise<void> {
  const partial = `${output}.partial`;
  const hash = createHash('sha256');
  try {
    const file = await open(partial, 'w');
    try {
      for await (const chunk of body) {
        hash.update(chunk);
        await file.writev([chunk]);
      }
    } finally {
      await file.close();
    }
    const sha256 = hash.digest('hex');
    if (sha256 !== expected) {
      throw new CodedError('E_HASH_MISMATCH', `expected sha256 ${expected}, the download has ${sha256}`);
    }
    await rename(partial, output);
  } catch (thrown) {
    await rm(partial, { force: true });
    throw thrown;
  }
}
