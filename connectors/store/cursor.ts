import { readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorePosition } from './store-batch.ts';

/** A reader that did not touch its cursor for so long is taken for dead. */
const ALIVE_MS = 10_000;

/** How far the consumer of a store is. */
export interface Cursor {
  /** What is before it is stored elsewhere. */
  readonly committed: StorePosition;
  /** The segment that the reader has opened: while it lives nobody may drop it. */
  readonly reading: number;
}

/** Writes the cursor of a store: after the death of this process, or a power cut, the file is an earlier one or this. */
export async function writeCursor(folder: string, cursor: Cursor): Promise<void> {
  const file = cursorFile(folder);
  await writeFile(`${file}.partial`, JSON.stringify(cursor), { mode: 0o600 });
  await rename(`${file}.partial`, file);
}

/** The cursor of a store; undefined if nobody has read it, or a power cut left none. */
export async function readCursor(folder: string): Promise<Cursor | undefined> {
  try {
    const cursor = JSON.parse(await readFile(cursorFile(folder), 'utf8')) as Partial<Cursor>;
    const { committed, reading } = cursor;
    if (typeof committed?.segment !== 'number' || typeof committed.offset !== 'number') return undefined;
    return { committed, reading: reading ?? committed.segment };
  } catch (thrown) {
    if (thrown instanceof SyntaxError || (thrown as { code?: string }).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** Shows that the reader lives. */
export async function touchCursor(folder: string): Promise<void> {
  const now = new Date();
  await utimes(cursorFile(folder), now, now);
}

/** Whether the reader of a store lives. */
export async function isReaderAlive(folder: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(cursorFile(folder))).mtimeMs < ALIVE_MS;
  } catch {
    return false;
  }
}

function cursorFile(folder: string): string {
  return join(folder, 'cursor.json');
}
