import { resolve } from 'node:path';
import type { OfflineEvaluation } from '../../services/trainer/evaluate.ts';
import type { ApiOptions } from '../api/api-options.ts';
import { withModelFile } from './with-model-file.ts';

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
export function evaluateModel(
  versionOrFile: string,
  options: EvaluateModelOptions,
): Promise<OfflineEvaluation> {
  const { data, group, state } = options;
  return withModelFile(versionOrFile, options, async (modelFile) => {
    const { evaluateModelFile } = await import('../../services/trainer/evaluate.ts');
    return evaluateModelFile({ modelFile, folder: data, group, stateFolder: resolve(state) });
  });
}
