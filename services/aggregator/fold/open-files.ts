import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { SpoolFiles } from '../../../learning/aggregation/fold/spool-files.ts';
import { CodedError } from '../../../runtime/errors.ts';

/** Files that stay open; what is beyond is opened again for each tile. */
const MOST_OPEN = 256;

/** Reads and writes pieces of a disk's files, and waits for each: in threads that have nothing else to do meanwhile. */
export class OpenFiles implements SpoolFiles {
  readonly #open = new Map<string, number>();

  read(path: string, position: number, into: Uint8Array): void {
    const file = this.#descriptor(path, 'r');
    let done = 0;
    while (done < into.length) {
      const count = readSync(file, into, done, into.length - done, position + done);
      if (count === 0) throw new CodedError('E_UPDATE_TRUNCATED', `${path} ends at byte ${position + done}`);
      done += count;
    }
  }

  write(path: string, position: number, from: Uint8Array): void {
    const file = this.#descriptor(path, 'r+');
    let done = 0;
    while (done < from.length) done += writeSync(file, from, done, from.length - done, position + done);
  }

  close(): void {
    for (const file of this.#open.values()) closeSync(file);
    this.#open.clear();
  }

  #descriptor(path: string, flags: 'r' | 'r+'): number {
    const key = `${flags} ${path}`;
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    if (this.#open.size >= MOST_OPEN) {
      const [oldest, file] = this.#open.entries().next().value!;
      closeSync(file);
      this.#open.delete(oldest);
    }
    const file = openSync(path, flags);
    this.#open.set(key, file);
    return file;
  }
}
