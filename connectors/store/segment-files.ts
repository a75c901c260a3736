import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The path of a segment file. @param number from 1, in the order of writing. */
export function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(9, '0')}.segment`);
}

/** The path of a segment that is about to be dropped: nobody may begin to read it. */
export function droppedPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(9, '0')}.dropped`);
}

/** The numbers of the segments of a store in their order; none if there is no store. */
export async function listSegments(folder: string): Promise<number[]> {
  return await numbersOf(folder, '.segment');
}

/** The numbers of segments whose dropping was not finished. */
export async function listDropped(folder: string): Promise<number[]> {
  return await numbersOf(folder, '.dropped');
}

async function numbersOf(folder: string, ending: string): Promise<number[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (thrown) {
    if ((thrown as { code?: string }).code === 'ENOENT') return [];
    throw thrown;
  }
  return names
    .filter((name) => name.endsWith(ending) && /^\d+$/.test(name.slice(0, -ending.length)))
    .map((name) => Number(name.slice(0, -ending.length)))
    .sort((a, b) => a - b);
}
