import { type StatsListener, unwatchFile, watchFile } from 'node:fs';

/** How often the files are looked at; a change counts after twice this time at most. */
const INTERVAL_MS = 500;

/**
 * Calls back after a file changed, was replaced or came back. It asks for the files' times instead of waiting for
 * events: editors replace files, and mounted folders of a network send none.
 */
export class FileWatch {
  readonly #listeners = new Map<string, StatsListener>();
  readonly #changed: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param changed called once for changes that come together. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Watches these files and no longer any other. */
  watch(files: readonly string[]): void {
    for (const [file, listener] of this.#listeners) {
      if (files.includes(file)) continue;
      unwatchFile(file, listener);
      this.#listeners.delete(file);
    }
    for (const file of files) {
      if (this.#listeners.has(file)) continue;
      const listener: StatsListener = (now, before) => {
        if (now.mtimeMs !== before.mtimeMs || now.size !== before.size || now.ino !== before.ino)
          this.#schedule();
      };
      this.#listeners.set(file, listener);
      watchFile(file, { interval: INTERVAL_MS, persistent: false }, listener);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.watch([]);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    // Whoever saves several files, or one in two steps, shall have done so.
    this.#timer = setTimeout(() => this.#changed(), INTERVAL_MS / 2);
  }
}
