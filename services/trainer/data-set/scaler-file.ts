import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scaler } from '../../../learning/statistics.ts';
import type { DataProfile } from '../../../openapi/schemas.ts';
import { canonicalJson } from '../../../runtime/canonical-json.ts';

/**
 * Where the scaler that a participant last fitted for a profile lies; it outlives the run, for the offline evaluation.
 * @param folder of the participant's data.
 */
export function scalerFile(folder: string, profile: DataProfile): string {
  const hash = createHash('sha256').update(canonicalJson(profile)).digest('hex');
  return join(folder, 'scalers', `${hash}.json`);
}

/**
 * The scaler that a participant fitted for a profile, if the state folder of its trainer, or one that holds trainers'
 * state folders (`trainer-POOL`), has it.
 */
export async function findParticipantScaler(
  stateFolder: string | undefined,
  participant: string,
  profile: DataProfile,
): Promise<Scaler | undefined> {
  if (stateFolder === undefined) return undefined;
  const names = await readdir(stateFolder).catch(() => []);
  const pools = names.filter((name) => name.startsWith('trainer-')).sort();
  for (const folder of [stateFolder, ...pools.map((name) => join(stateFolder, name))]) {
    const file = scalerFile(join(folder, 'participants', participant), profile);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    // Only `LocalDataSet` writes the file, whole or not at all.
    if (text !== undefined) return JSON.parse(text) as Scaler;
  }
  return undefined;
}
