import { crc32 } from 'node:zlib';
import type { Gap, Quality, Sample } from '../connector.ts';
import {
  ARRAY_TYPES,
  CRC_BEGIN,
  FIRST_ARRAY_TAG,
  FRAME_HEAD_BYTES,
  padded,
  RECORD_HEAD_BYTES,
  TAG,
} from './segment-format.ts';
import type { SignalNumbers } from './signal-numbers.ts';

const INITIAL_BYTES = 2 ** 18;
/** A buffer beyond it is given back after the frame that needed it. */
const KEPT_BYTES = 2 ** 22;
/** Room for any record without text or array, with some to spare. */
const SCALAR_BYTES = 32;
const ARRAY_TAGS = new Map(ARRAY_TYPES.map(({ name }, index) => [name, FIRST_ARRAY_TAG + index]));

/** Builds frames one after the other in one buffer; a frame is valid until the next one begins. */
export class FrameEncoder {
  #bytes!: Buffer;
  #float64!: Float64Array;
  #int64!: BigInt64Array;
  #uint32!: Uint32Array;
  #end = 0;
  #records = 0;

  constructor() {
    this.#allocate(INITIAL_BYTES);
  }

  begin(): void {
    if (this.#bytes.length > KEPT_BYTES) this.#allocate(INITIAL_BYTES);
    this.#end = FRAME_HEAD_BYTES;
    this.#records = 0;
  }

  addGap(gap: Gap): void {
    this.#text(TAG.gap, 0, JSON.stringify(gap));
  }

  /** Adds samples; `numbers` are those of the segment that the frame is for. @throws RangeError for what is no sample. */
  addSamples(samples: readonly Sample[], numbers: SignalNumbers): void {
    for (const sample of samples) {
      const epoch = sample.epoch ?? 0;
      let number = numbers.find(sample.signal, epoch);
      if (number === undefined) {
        number = numbers.add(sample.signal, epoch);
        this.#text(TAG.signal, epoch, sample.signal);
      }
      const value = sample.value;
      const time = sample.sourceTimestampMs;
      const quality = qualityNumber(sample.quality);
      if (this.#end + SCALAR_BYTES > this.#bytes.length) this.#grow(SCALAR_BYTES);
      if (typeof value === 'number') {
        this.#head(TAG.number | quality, number, time);
        this.#float64[this.#end >>> 3] = value;
        this.#end += 8;
      } else if (typeof value === 'boolean') {
        this.#head((value ? TAG.true : TAG.false) | quality, number, time);
      } else if (typeof value === 'string') {
        this.#head(TAG.text | quality, number, time);
        this.#textValue(value);
      } else if (typeof value === 'bigint') {
        if (value < -(2n ** 63n) || value >= 2n ** 64n)
          throw new RangeError('an integer has at most 64 bits');
        this.#head((value < 0n ? TAG.signedBigint : TAG.unsignedBigint) | quality, number, time);
        this.#int64[this.#end >>> 3] = value;
        this.#end += 8;
      } else {
        // By name: an array of another realm is of none of our classes.
        const tag = ARRAY_TAGS.get(value[Symbol.toStringTag]);
        if (tag === undefined) throw new RangeError(`a ${value[Symbol.toStringTag]} is no array of numbers`);
        this.#head(tag | quality, number, time);
        this.#arrayValue(value);
      }
    }
  }

  /** Ends the frame. @returns its bytes, which the next frame overwrites. */
  finish(writtenMs: number): Buffer {
    const frame = this.#bytes.subarray(0, this.#end);
    this.#uint32[0] = this.#end - FRAME_HEAD_BYTES;
    this.#uint32[2] = this.#records;
    this.#uint32[3] = 0;
    this.#float64[2] = writtenMs;
    this.#uint32[1] = crc32(frame.subarray(CRC_BEGIN));
    return frame;
  }

  #head(tagAndQuality: number, number: number, time: number): void {
    const at = this.#end >>> 2;
    this.#uint32[at] = tagAndQuality;
    this.#uint32[at + 1] = number;
    this.#float64[(at >>> 1) + 1] = time;
    this.#end += RECORD_HEAD_BYTES;
    this.#records += 1;
  }

  #text(tag: number, time: number, text: string): void {
    if (this.#end + SCALAR_BYTES > this.#bytes.length) this.#grow(SCALAR_BYTES);
    this.#head(tag, 0, time);
    this.#textValue(text);
  }

  #textValue(text: string): void {
    const length = Buffer.byteLength(text);
    this.#lengths(length, length);
    this.#bytes.write(text, this.#end);
    this.#pad(length);
  }

  #arrayValue(value: NodeJS.TypedArray): void {
    this.#lengths(value.byteLength, value.length);
    this.#bytes.set(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), this.#end);
    this.#pad(value.byteLength);
  }

  /** The lengths of a value and room for it. */
  #lengths(bytes: number, elements: number): void {
    const needed = 8 + padded(bytes);
    if (this.#end + needed > this.#bytes.length) this.#grow(needed);
    this.#uint32[this.#end >>> 2] = bytes;
    this.#uint32[(this.#end >>> 2) + 1] = elements;
    this.#end += 8;
  }

  /** Moves behind a value, with zeros up to the unit: what an earlier frame left there is nobody's. */
  #pad(bytes: number): void {
    const end = this.#end + padded(bytes);
    this.#bytes.fill(0, this.#end + bytes, end);
    this.#end = end;
  }

  #grow(needed: number): void {
    const old = this.#bytes.subarray(0, this.#end);
    this.#allocate(padded(Math.max(2 * this.#bytes.length, this.#end + needed)));
    this.#bytes.set(old);
  }

  #allocate(bytes: number): void {
    const buffer = new ArrayBuffer(bytes);
    this.#bytes = Buffer.from(buffer);
    this.#float64 = new Float64Array(buffer);
    this.#int64 = new BigInt64Array(buffer);
    this.#uint32 = new Uint32Array(buffer);
  }
}

/** The second byte of a record's head. */
function qualityNumber(quality: Quality): number {
  if (quality === 'good') return 0;
  return quality === 'uncertain' ? 0x100 : 0x200;
}
