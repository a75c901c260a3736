import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Finding } from './finding.ts';

const OLDEST_NODE = [20, 19] as const;
const GIBIBYTE = 1024 ** 3;
/** Free disk below which a demo may not fit, in bytes. */
const SMALL_DISK_BYTES = GIBIBYTE;

/** The Node.js that runs this. */
export function examineNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const enough = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  const found = `${process.version} on ${process.platform} ${process.arch}`;
  if (enough) return { name: 'Node.js', status: 'ok', found };
  return {
    name: 'Node.js',
    status: 'missing',
    found,
    remedy: `install ${OLDEST_NODE.join('.')} or newer from https://nodejs.org`,
  };
}

/** Cores and memory; a training process takes one core each. */
export function examineMachine(): Finding {
  const gibibytes = (bytes: number) => `${(bytes / GIBIBYTE).toFixed(1)} GiB`;
  const found = `${availableParallelism()} cores, ${gibibytes(freemem())} of ${gibibytes(totalmem())} memory free`;
  return { name: 'machine', status: 'ok', found };
}

/** Free space where the state folder is or will be. */
export async function examineDisk(state: string): Promise<Finding> {
  let folder = resolve(state);
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  const found = `${((bavail * bsize) / GIBIBYTE).toFixed(1)} GiB free for ${resolve(state)}`;
  if (bavail * bsize >= SMALL_DISK_BYTES) return { name: 'disk', status: 'ok', found };
  return {
    name: 'disk',
    status: 'missing',
    found,
    code: 'E_DISK_FULL',
    remedy: 'make room, or choose another folder with --state',
  };
}
