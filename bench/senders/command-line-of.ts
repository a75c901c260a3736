import { readFileSync } from 'node:fs';

/** The words of a process's command line; none once it ended. Linux only. */
export function commandLineOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
