import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Where a folder that is being made is marked with its process. */
const PARTIAL = 'partial-';

/**
 * Makes a folder that is either whole or not there: `fill` fills a temporary one beside it, which then gets its name.
 * What killed processes left is removed first.
 */
export async function makeWhole(target: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const partial = await mkdtemp(join(parent, `${PARTIAL}${process.pid}-`));
  const former = join(partial, 'former');
  const made = join(partial, basename(target));
  try {
    await mkdir(made);
    await fill(made);
    if (existsSync(target)) await rename(target, former);
    await rename(made, target);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(PARTIAL)) continue;
    const pid = Number(name.slice(PARTIAL.length).split('-')[0]);
    if (!isRunning(pid)) await rm(join(parent, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    // A process of another user is one, too. An error of the system has a code.
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}
