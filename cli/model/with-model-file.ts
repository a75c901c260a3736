import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
import { aggregatorClient, answered } from '../api/aggregator-client.ts';
import type { ApiOptions } from '../api/api-options.ts';
import { downloadVersion } from './download-version.ts';

/**
 * Does something with the file of a model version, which is downloaded first where it is the aggregator's.
 * @param versionOrFile a safetensors file, `FEDERATION:NUMBER`, or `NUMBER` where the aggregator has one federation.
 * @throws CodedError `E_FILE_NOT_FOUND`, `E_INVALID_INPUT`, and as `downloadVersion`.
 */
export async function withModelFile<Result>(
  versionOrFile: string,
  api: ApiOptions,
  use: (file: string) => Promise<Result>,
): Promise<Result> {
  if (statSync(versionOrFile, { throwIfNoEntry: false })?.isFile() === true)
    return use(resolve(versionOrFile));
  const version = await versionOf(versionOrFile, api);
  const folder = await mkdtemp(join(tmpdir(), 'fedshell-model-'));
  try {
    const output = join(folder, 'model.safetensors');
    await downloadVersion(api, { ...version, group: 'main', output });
    return await use(output);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function versionOf(text: string, api: ApiOptions): Promise<{ federation: string; version: number }> {
  const [, federation, number] = /^(?:([A-Za-z0-9][A-Za-z0-9_-]*):)?(\d+)$/.exec(text) ?? [];
  if (number === undefined) {
    throw new CodedError('E_FILE_NOT_FOUND', `${text} is neither a file nor a version such as FEDERATION:6`);
  }
  if (federation !== undefined) return { federation, version: Number(number) };
  const [only, ...others] = await answered(aggregatorClient(api).GET('/api/federations'));
  if (only === undefined || others.length > 0) {
    throw new CodedError(
      'E_INVALID_INPUT',
      `the aggregator has ${others.length === 0 ? 'no' : 'several'} federations; name one as in FEDERATION:${number}`,
    );
  }
  return { federation: only.federation.id, version: Number(number) };
}
