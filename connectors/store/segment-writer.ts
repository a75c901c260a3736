import { close, closeSync, fdatasync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { CodedError, toCodedError } from '../../runtime/errors.ts';
import { segmentPath } from './segment-files.ts';
import { SEGMENT_HEADER_BYTES, SEGMENT_MAGIC } from './segment-format.ts';
import { SignalNumbers } from './signal-numbers.ts';

const syncData = promisify(fdatasync);
const closeFile = promisify(close);

/** The segment file that is being written. */
export class SegmentWriter {
  readonly number: number;
  readonly createdMs: number;
  readonly signals = new SignalNumbers();
  readonly #file: number;
  readonly #folder: string;
  #bytes = 0;
  #syncedBytes = 0;
  #isBroken = false;
  #writtenMs: number;

  /**
   * Makes the file; nothing is left of it if that fails.
   * @throws CodedError `E_DISK_FULL`
   */
  constructor(folder: string, number: number, createdMs: number) {
    this.number = number;
    this.createdMs = createdMs;
    this.#writtenMs = createdMs;
    this.#folder = folder;
    const path = segmentPath(folder, number);
    try {
      this.#file = openSync(path, 'wx', 0o600);
    } catch (thrown) {
      throw diskError(thrown, folder);
    }
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
    header.write(SEGMENT_MAGIC);
    header.writeDoubleLE(number, 8);
    header.writeDoubleLE(createdMs, 16);
    try {
      this.append(header, createdMs);
    } catch (thrown) {
      closeSync(this.#file);
      unlinkSync(path);
      throw thrown;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** When something was written last, in milliseconds since 1970. */
  get writtenMs(): number {
    return this.#writtenMs;
  }

  get hasFrames(): boolean {
    return this.#bytes > SEGMENT_HEADER_BYTES;
  }

  /** Whether what a failed write left could not be taken back, so that nothing readable can follow it. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  get isSynced(): boolean {
    return this.#syncedBytes === this.#bytes;
  }

  /** Writes all of it or nothing. @throws CodedError `E_DISK_FULL`, when the same may be written later. */
  append(bytes: Buffer, nowMs: number): void {
    let done = 0;
    try {
      while (done < bytes.length) {
        done += writeSync(this.#file, bytes, done, bytes.length - done, this.#bytes + done);
      }
    } catch (thrown) {
      try {
        if (done > 0) ftruncateSync(this.#file, this.#bytes);
      } catch {
        this.#isBroken = true;
      }
      throw diskError(thrown, this.#folder);
    }
    this.#bytes += bytes.length;
    this.#writtenMs = nowMs;
  }

  /** Makes what was written until the call safe from a power cut. */
  async sync(): Promise<void> {
    const bytes = this.#bytes;
    await syncData(this.#file);
    this.#syncedBytes = bytes;
  }

  async close(): Promise<void> {
    await closeFile(this.#file);
  }
}

/** A failed write with its code; the message names the folder. */
function diskError(thrown: unknown, folder: string): CodedError {
  const error = toCodedError(thrown);
  return error.code === 'E_DISK_FULL'
    ? new CodedError('E_DISK_FULL', `the disk of ${folder} is full`, { cause: thrown })
    : error;
}
