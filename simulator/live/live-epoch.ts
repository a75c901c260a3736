import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** When a live line began, in milliseconds since 1970: kept in its state folder, so that block numbers go on. */
export function liveEpochMs(stateFolder: string, nowMs: number): number {
  const file = join(stateFolder, 'live-epoch');
  mkdirSync(stateFolder, { recursive: true });
  try {
    writeFileSync(file, String(nowMs), { flag: 'wx', mode: 0o600 });
    return nowMs;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    return Number(readFileSync(file, 'utf8'));
  }
}
