import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { median, printFigure } from '../support/figure.ts';
import { MeasuredEnvironment } from './measured-environment.ts';

const STARTS = 7;
/** After this long nothing of the start is left to be done. */
const IDLE_MS = 3000;

/** Seconds from starting `fedshell aas` on a new state folder to its first answer, and its memory when it then idles. */
export async function measureStartAndIdle(folder: string): Promise<void> {
  const startsMs: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    const environment = await MeasuredEnvironment.start(join(folder, `start-${start}`));
    startsMs.push(environment.startMs);
    await environment.end();
  }
  const environment = await MeasuredEnvironment.start(join(folder, 'idle'));
  await wait(IDLE_MS);
  const idleMB = environment.memoryMB();
  await environment.end();
  printFigure({ name: 'aas/start', value: median(startsMs) / 1000, unit: 's', starts: STARTS });
  printFigure({ name: 'aas/memory-idle', value: idleMB, unit: 'MB', kind: 'RSS' });
}
