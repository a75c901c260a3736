const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * How long to wait before a process is started again, in milliseconds: half a second, doubled with each failure in a
 * row, at most half a minute.
 * @param failures starts and deaths in a row, from 1.
 */
export function backOffMs(failures: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
}
