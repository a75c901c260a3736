import { readFileSync } from 'node:fs';

/** Of the container, and of the whole machine; a Linux kernel counts in both whom it kills for memory. */
const COUNTERS = ['/sys/fs/cgroup/memory.events', '/proc/vmstat'];

/**
 * How many processes the kernel has killed for memory so far. It tells such a SIGKILL from one that somebody sent.
 * Undefined where the kernel does not say.
 */
export function countMemoryKills(): number | undefined {
  let found: number | undefined;
  for (const file of COUNTERS) {
    const count = readCount(file);
    if (count !== undefined) found = Math.max(found ?? 0, count);
  }
  return found;
}

function readCount(file: string): number | undefined {
  try {
    const [, digits] = /^oom_kill (\d+)$/m.exec(readFileSync(file, 'utf8')) ?? [];
    return digits === undefined ? undefined : Number(digits);
  } catch {
    // Another system, or one that does not let us look.
    return undefined;
  }
}
