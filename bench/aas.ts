import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '../runtime/errors.ts';
import { measureAttachments } from './aas/attachments.ts';
import { measureGetAndPatch, putSampleSubmodels, removeSampleSubmodels } from './aas/get-and-patch.ts';
import { measureLostUpdates } from './aas/lost-updates.ts';
import { MeasuredEnvironment } from './aas/measured-environment.ts';
import { measurePageGrowth } from './aas/page-growth.ts';
import { measurePeer } from './aas/peer.ts';
import { measurePutLargeSubmodel } from './aas/put-large-submodel.ts';
import { measureStartAndIdle } from './aas/start-and-idle.ts';
import { note, printFigure } from './support/figure.ts';

/** `f_type` of a file system that is kept in memory. */
const TMPFS = 0x01021994;

/**
 * What the AAS environment does, as `fedshell aas` with a token set, its state on a disk. One environment goes through
 * all of it, but for the kill -9 after which it is started again on the same state.
 * @param flags `--peers` measures FA³ST beside it.
 */
export async function run(flags: readonly string[] = []): Promise<void> {
  const folder = mkdtempSync(join(folderOnDisk(), 'fedshell-bench-aas-'));
  const state = join(folder, 'state');
  const running: MeasuredEnvironment[] = [];
  const start = async (at: string) => {
    const started = await MeasuredEnvironment.start(at);
    running.push(started);
    return started;
  };
  try {
    await measureStartAndIdle(folder);
    let environment = await start(state);
    note('aas: 100 submodels of 1,000 elements are put');
    await putSampleSubmodels(environment);
    environment = await measureGetAndPatch(environment, state);
    running.push(environment);
    if (flags.includes('--peers')) await measurePeer(environment, folder);
    await measurePutLargeSubmodel(environment);
    await measureAttachments(environment, folder);
    await measureLostUpdates(environment);
    await removeSampleSubmodels(environment);
    await measurePageGrowth(await start(join(folder, 'few')), environment);
    printFigure({ name: 'aas/memory-after', value: environment.memoryMB(), unit: 'MB', kind: 'RSS' });
  } finally {
    await Promise.all(running.map((environment) => environment.end()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws CodedError `E_INVALID_INPUT` where temporary files are kept in memory and no other folder is named. */
function folderOnDisk(): string {
  const folder = process.env['FEDSHELL_BENCH_FOLDER'] ?? tmpdir();
  mkdirSync(folder, { recursive: true });
  if (statfsSync(folder).type === TMPFS) {
    throw new CodedError('E_INVALID_INPUT', `${folder} is in memory; name another by FEDSHELL_BENCH_FOLDER`);
  }
  return folder;
}
