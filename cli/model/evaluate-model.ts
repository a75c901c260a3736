import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
import type { OfflineEvaluation } from '../../services/trainer/evaluate.ts';
import { aggregatorClient, answered } from '../api/aggregator-client.ts';
import type { ApiOptions } from '../api/api-options.ts';
import { downloadVersion } from './download-version.ts';

interface EvaluateModelOptions extends ApiOptions {
  /** Folder with a manifest.csv. */
  readonly data: string;
  /** Column that names the participants. */
  readonly group: string;
  /** State folder that may hold the participants' scalers. */
  readonly state: string;
}

/**
 * Scores a model on all rows of a folder, per group and in all.
 * @param versionOrFile a safetensors file, `FEDERATION:NUMBER`, or `NUMBER` where the aggregator has one federation.
 */
export async function evaluateModel(
  versionOrFile: string,
  options: EvaluateModelOptions,
): Promise<OfflineEvaluation> {
  if (existsSync(versionOrFile)) return evaluateFile(resolve(versionOrFile), options);
  const version = await versionOf(versionOrFile, options);
  const folder = await mkdtemp(join(tmpdir(), 'fedshell-model-'));
  try {
    const output = join(folder, 'model.safetensors');
    await downloadVersion(options, { ...version, group: 'main', output });
    return await evaluateFile(output, options);
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

async function evaluateFile(
  modelFile: string,
  { data, group, state }: EvaluateModelOptions,
): Promise<OfflineEvaluation> {
  const { evaluateModelFile } = await import('../../services/trainer/evaluate.ts');
  return evaluateModelFile({ modelFile, folder: data, group, stateFolder: resolve(state) });
}
