import { readdirSync, statSync } from 'node:fs';
import { FileStore } from '../../runtime/file-store.ts';

interface VersionCacheOptions {
  readonly folder: string;
  /** Versions that are kept beyond those in use. @defaultValue 4 */
  readonly kept?: number;
}

/** The base versions a host has fetched, by sha256: verified, each fetched once, the least recently used removed. */
export class VersionCache {
  readonly #store: FileStore;
  readonly #kept: number;
  /** From least to most recently used. */
  readonly #recent: string[];
  readonly #inUse = new Map<string, number>();
  readonly #fetching = new Map<string, Promise<void>>();

  private constructor(store: FileStore, kept: number, recent: string[]) {
    this.#store = store;
    this.#kept = kept;
    this.#recent = recent;
  }

  static async open({ folder, kept = 4 }: VersionCacheOptions): Promise<VersionCache> {
    const store = await FileStore.open(folder);
    const names = readdirSync(folder).filter((name) => /^[0-9a-f]{64}$/.test(name));
    const usedMs = new Map(names.map((name) => [name, statSync(store.path(name)).mtimeMs]));
    return new VersionCache(
      store,
      kept,
      names.sort((a, b) => usedMs.get(a)! - usedMs.get(b)!),
    );
  }

  /**
   * Calls `work` with the path of a version's file, which stays there until that ends.
   * @param fetch its bytes, where it is not there yet.
   * @throws CodedError `E_HASH_MISMATCH` if the fetched bytes are others, or what `fetch` and `work` throw.
   */
  async use<Value>(
    version: { readonly sha256: string; readonly bytes: number },
    fetch: () => Promise<AsyncIterable<Uint8Array>>,
    work: (path: string) => Promise<Value>,
  ): Promise<Value> {
    const { sha256 } = version;
    this.#inUse.set(sha256, (this.#inUse.get(sha256) ?? 0) + 1);
    try {
      await this.#ensure(version, fetch);
      return await work(this.#store.path(sha256));
    } finally {
      this.#inUse.set(sha256, (this.#inUse.get(sha256) ?? 1) - 1);
      await this.#evict();
    }
  }

  async #ensure(
    { sha256, bytes }: { readonly sha256: string; readonly bytes: number },
    fetch: () => Promise<AsyncIterable<Uint8Array>>,
  ): Promise<void> {
    if (!this.#store.has(sha256)) {
      let fetching = this.#fetching.get(sha256);
      if (fetching === undefined) {
        fetching = (async () => {
          await this.#store.put(await fetch(), { expectedSha256: sha256, maximumBytes: bytes });
        })().finally(() => this.#fetching.delete(sha256));
        this.#fetching.set(sha256, fetching);
      }
      await fetching;
    }
    const index = this.#recent.indexOf(sha256);
    if (index >= 0) this.#recent.splice(index, 1);
    this.#recent.push(sha256);
  }

  async #evict(): Promise<void> {
    for (const sha256 of this.#recent.slice(0, -this.#kept)) {
      if ((this.#inUse.get(sha256) ?? 0) > 0) continue;
      this.#inUse.delete(sha256);
      this.#recent.splice(this.#recent.indexOf(sha256), 1);
      await this.#store.delete(sha256);
    }
  }
}
