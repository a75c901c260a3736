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

/** Files in memory, for models that fit and for simulations. */
export class MemoryFiles implements SpoolFiles {
  readonly #files = new Map<string, Uint8Array>();

  /** Holds these bytes under the path, without a copy. */
  put(path: string, bytes: Uint8Array): void {
    this.#files.set(path, bytes);
  }

  read(path: string, position: number, into: Uint8Array): void {
    const bytes = this.#of(path);
    if (position + into.length > bytes.length) {
      throw new CodedError('E_UPDATE_TRUNCATED', `${path} ends at byte ${bytes.length}`);
    }
    into.set(bytes.subarray(position, position + into.length));
  }

  write(path: string, position: number, from: Uint8Array): void {
    this.#of(path).set(from, position);
  }

  #of(path: string): Uint8Array {
    const bytes = this.#files.get(path);
    if (bytes === undefined) throw new RangeError(`there is no file ${path}`);
    return bytes;
  }
}
