import { closeSync, copyFileSync, mkdirSync, openSync, statSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';

/** Bytes after which a log is rotated, once a check sees it. */
const MAXIMUM_BYTES = 10 * 1024 * 1024;

/** Opens the log of a child for appending; the child gets the descriptor, so that its log outlives its parent. */
export function openLogFile(file: string): number {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return openSync(file, 'a', 0o600);
}

/** Closes the parent's copy of a descriptor; the child keeps its own. */
export function closeLogFile(descriptor: number): void {
  closeSync(descriptor);
}

/**
 * Keeps a log small: its content moves to `FILE.1`, over the one before. The file is cut and not renamed because the
 * child holds it open; a line written between copy and cut is lost.
 */
export function rotateLogFile(file: string, maximumBytes = MAXIMUM_BYTES): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined || stats.size <= maximumBytes) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file, 0);
}
