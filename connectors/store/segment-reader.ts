import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { type DecodedFrame, FrameDecoder } from './frame-decoder.ts';
import {
  CRC_BEGIN,
  FRAME_HEAD_BYTES,
  MAXIMUM_FRAME_BYTES,
  SEGMENT_HEADER_BYTES,
  SEGMENT_MAGIC,
} from './segment-format.ts';

const CHUNK_BYTES = 2 ** 20;

/** One delivery as it stands in a segment. */
export interface SegmentFrame extends DecodedFrame {
  readonly writtenMs: number;
  /** Where it ends, in bytes from the begin of the file. */
  readonly end: number;
}

/** Reads the frames of one segment file from its begin, also while it is being written. */
export class SegmentReader {
  readonly #file: FileHandle;
  readonly #decoder = new FrameDecoder();
  #buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  /** Of the buffer what was read and not yet used. */
  #begin = 0;
  #filled = 0;
  /** Where in the file the next frame begins; 0 before the header. */
  #offset = 0;
  #createdMs = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @returns undefined if there is no such file. */
  static async open(path: string): Promise<SegmentReader | undefined> {
    try {
      return new SegmentReader(await open(path, 'r'));
    } catch (thrown) {
      if ((thrown as { code?: string }).code === 'ENOENT') return undefined;
      throw thrown;
    }
  }

  /** Where the last frame ended. */
  get offset(): number {
    return this.#offset;
  }

  /** When the segment was begun, by the collector's clock; 0 before anything was read. */
  get createdMs(): number {
    return this.#createdMs;
  }

  async size(): Promise<number> {
    return (await this.#file.stat()).size;
  }

  /** The next frame; undefined where no whole and sound one stands so far. */
  async next(): Promise<SegmentFrame | undefined> {
    if (this.#offset === 0 && !(await this.#readHeader())) return undefined;
    if (!(await this.#has(FRAME_HEAD_BYTES))) return undefined;
    const length = this.#buffer.readUInt32LE(this.#begin);
    const isLength = length > 0 && length % 8 === 0 && length <= MAXIMUM_FRAME_BYTES;
    if (!isLength || !(await this.#has(FRAME_HEAD_BYTES + length))) return this.#forget();
    const frame = this.#buffer.subarray(this.#begin, this.#begin + FRAME_HEAD_BYTES + length);
    if (crc32(frame.subarray(CRC_BEGIN)) !== frame.readUInt32LE(4)) return this.#forget();
    const decoded = this.#decoder.decode(frame.subarray(FRAME_HEAD_BYTES));
    this.#begin += frame.length;
    this.#offset += frame.length;
    return { ...decoded, writtenMs: frame.readDoubleLE(16), end: this.#offset };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #readHeader(): Promise<boolean> {
    if (!(await this.#has(SEGMENT_HEADER_BYTES))) return false;
    const magic = this.#buffer.toString('latin1', this.#begin, this.#begin + SEGMENT_MAGIC.length);
    if (magic !== SEGMENT_MAGIC) return this.#forget() !== undefined;
    this.#createdMs = this.#buffer.readDoubleLE(this.#begin + 16);
    this.#begin += SEGMENT_HEADER_BYTES;
    this.#offset = SEGMENT_HEADER_BYTES;
    return true;
  }

  /** Whether so many bytes stand in the buffer, read if need be. */
  async #has(bytes: number): Promise<boolean> {
    if (this.#filled - this.#begin >= bytes) return true;
    this.#makeRoom(bytes);
    while (this.#filled < bytes) {
      const { bytesRead } = await this.#file.read(
        this.#buffer,
        this.#filled,
        this.#buffer.length - this.#filled,
        this.#offset + this.#filled,
      );
      if (bytesRead === 0) {
        this.#forget();
        return false;
      }
      this.#filled += bytesRead;
    }
    return true;
  }

  /** Moves what is left to the begin of the buffer, where typed arrays of it are aligned. */
  #makeRoom(bytes: number): void {
    const left = this.#buffer.subarray(this.#begin, this.#filled);
    const fits = bytes <= this.#buffer.length && (bytes > CHUNK_BYTES || this.#buffer.length === CHUNK_BYTES);
    if (!fits) this.#buffer = Buffer.allocUnsafeSlow(Math.max(bytes, CHUNK_BYTES));
    this.#buffer.set(left);
    this.#filled = left.length;
    this.#begin = 0;
  }

  /** An unfinished frame is read anew: a writer whose disk was full takes it back and writes another in its place. */
  #forget(): undefined {
    this.#begin = 0;
    this.#filled = 0;
    return undefined;
  }
}
