import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Federation } from '../../openapi/schemas.ts';
import { silentLog } from '../../runtime/log.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { profileFeatures } from './data-set/profile-features.ts';
import { TrainingSlots } from './training/training-slots.ts';

/**
 * The content of a file that a run of the federation may begin from, made of weights from elsewhere. The model is built
 * in a process of its own.
 * @param file safetensors with 32-bit floats, or the `model.json` of a tfjs model.
 * @throws CodedError `E_MALFORMED_SAFETENSORS` if the weights do not fit the federation's model, `E_UNKNOWN_MODEL`,
 * `E_FILE_NOT_FOUND`.
 */
export async function importModel(federation: Federation, file: string): Promise<Uint8Array> {
  const { model, profile, training } = federation;
  const folder = await mkdtemp(join(tmpdir(), 'fedshell-import-'));
  const entry = entryPoint('services/trainer/training/process');
  const slots = new TrainingSlots({ slots: 1, entry, log: silentLog });
  try {
    const versionFile = join(folder, 'version');
    const scaler = { kind: 'local' } as const;
    const { shape: featureShape } = profileFeatures(profile);
    const { seed } = training;
    const task = { kind: 'initialise', model, profile, featureShape, seed, scaler, versionFile } as const;
    await slots.perform({ ...task, weightsFile: file });
    return await readFile(versionFile);
  } finally {
    await slots.close();
    await rm(folder, { recursive: true, force: true });
  }
}
