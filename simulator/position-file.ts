import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FIRST_POSITION, type PlayPosition } from '../connectors/recording/blocks.ts';

/** Where a machine's play stands: everything before it has been acknowledged. */
export interface StoredPosition extends PlayPosition {
  /** Whether `finished` has been acknowledged too. */
  readonly finished: boolean;
}

/** Keeps a position over the end of the process, even by kill -9: a file written aside, synced and renamed. */
export class PositionFile {
  readonly #path: string;
  #latest: StoredPosition | undefined;
  #saving: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async load(): Promise<StoredPosition> {
    try {
      return JSON.parse(await readFile(this.#path, 'utf8')) as StoredPosition;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return { ...FIRST_POSITION, finished: false };
      throw thrown;
    }
  }

  /** Saves in the background; of positions that come while one is being written, only the latest. */
  save(position: StoredPosition, failed: (thrown: unknown) => void): void {
    this.#latest = position;
    this.#saving ??= this.#write()
      .catch(failed)
      .finally(() => {
        this.#saving = undefined;
      });
  }

  /** Resolves when what was given to `save` is on disk. */
  async flushed(): Promise<void> {
    await this.#saving;
  }

  async #write(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    for (let position = this.#latest; position !== undefined; position = this.#latest) {
      this.#latest = undefined;
      const partial = `${this.#path}.partial`;
      const file = await open(partial, 'w');
      try {
        await file.writeFile(JSON.stringify(position));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(partial, this.#path);
    }
  }
}
