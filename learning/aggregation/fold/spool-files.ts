import { CodedError } from '../../../runtime/errors.ts';

/** Pieces of files by path: those of a disk, or of memory. */
export interface SpoolFiles {
  /**
   * Fills `into` from the file's byte `position` on.
   * @throws CodedError `E_UPDATE_TRUNCATED` if the file ends before.
   */
  read(path: string, position: number, into: Uint8Array): void;
  /** Writes into a file that is there. */
  write(path: string, position: number, from: Uint8Array): void;
}

/** Files in memory, for models that fit and for simulations; those it does not have are another's. */
export class MemoryFiles implements SpoolFiles {
  readonly #files = new Map<string, Uint8Array>();
  readonly #others: SpoolFiles | undefined;

  constructor(others?: SpoolFiles) {
    this.#others = others;
  }

  /** Holds these bytes under the path, without a copy. */
  put(path: string, bytes: Uint8Array): void {
    this.#files.set(path, bytes);
  }

  read(path: string, position: number, into: Uint8Array): void {
    const bytes = this.#files.get(path);
    if (bytes === undefined) {
      this.#other(path).read(path, position, into);
      return;
    }
    if (position + into.length > bytes.length) {
      throw new CodedError('E_UPDATE_TRUNCATED', `${path} ends at byte ${bytes.length}`);
    }
    into.set(bytes.subarray(position, position + into.length));
  }

  write(path: string, position: number, from: Uint8Array): void {
    const bytes = this.#files.get(path);
    if (bytes === undefined) this.#other(path).write(path, position, from);
    else bytes.set(from, position);
  }

  #other(path: string): SpoolFiles {
    if (this.#others === undefined) throw new RangeError(`there is no file ${path}`);
    return this.#others;
  }
}
