import { type FSWatcher, watch } from 'node:fs';

/** Tells when the segments of a folder may have changed: by the file system's word, and in any case every so often. */
export class FolderChanges {
  readonly #pollMs: number;
  #watcher: FSWatcher | undefined;
  #hasChanged = false;
  #wake: (() => void) | undefined;
  #isClosed = false;

  /** @param pollMs how long `next` waits at most. */
  constructor(folder: string, pollMs: number) {
    this.#pollMs = pollMs;
    try {
      this.#watcher = watch(folder, { persistent: false }, (_event, name) => {
        // Our own cursor lies there, too.
        if (name === null || name.endsWith('.segment')) this.#change();
      });
      // Without a watcher there is the poll.
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      this.#watcher = undefined;
    }
  }

  /** Waits for a change since the last call. */
  async next(): Promise<void> {
    if (!this.#hasChanged && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#pollMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    this.#hasChanged = false;
  }

  /** Ends a wait at once. */
  close(): void {
    this.#isClosed = true;
    this.#watcher?.close();
    this.#wake?.();
  }

  #change(): void {
    this.#hasChanged = true;
    this.#wake?.();
  }
}
