import type { Gap, NumberArray, Sample } from '../connector.ts';
import { ARRAY_TYPES, FIRST_ARRAY_TAG, padded, QUALITIES, RECORD_HEAD_BYTES, TAG } from './segment-format.ts';

/** What one frame holds. */
export interface DecodedFrame {
  readonly samples: readonly Sample[];
  readonly gaps: readonly Gap[];
}

/** Decodes the frames of one segment, which must come from its begin on: they name the signals of later ones. */
export class FrameDecoder {
  readonly #signals: { readonly signal: string; readonly epoch: number }[] = [];

  /** @param records what follows the head of a frame whose CRC was right; on a boundary of 8 bytes. */
  decode(records: Buffer): DecodedFrame {
    const samples: Sample[] = [];
    const gaps: Gap[] = [];
    const uint32 = new Uint32Array(records.buffer, records.byteOffset, records.length >>> 2);
    const float64 = new Float64Array(records.buffer, records.byteOffset, records.length >>> 3);
    const int64 = new BigInt64Array(records.buffer, records.byteOffset, records.length >>> 3);
    for (let at = 0; at < records.length; ) {
      const head = uint32[at >>> 2] ?? 0;
      const tag = head & 0xff;
      const time = float64[(at >>> 3) + 1] ?? 0;
      const number = uint32[(at >>> 2) + 1] ?? 0;
      at += RECORD_HEAD_BYTES;
      let value: Sample['value'];
      if (tag === TAG.number) {
        value = float64[at >>> 3] ?? 0;
        at += 8;
      } else if (tag === TAG.true || tag === TAG.false) {
        value = tag === TAG.true;
      } else if (tag === TAG.signedBigint || tag === TAG.unsignedBigint) {
        const bits = int64[at >>> 3] ?? 0n;
        value = tag === TAG.signedBigint ? bits : BigInt.asUintN(64, bits);
        at += 8;
      } else {
        const length = uint32[at >>> 2] ?? 0;
        const begin = at + 8;
        at = begin + padded(length);
        if (tag >= FIRST_ARRAY_TAG) {
          value = arrayOf(tag, records.subarray(begin, begin + length));
        } else {
          const text = records.toString('utf8', begin, begin + length);
          if (tag !== TAG.text) {
            if (tag === TAG.signal) this.#signals.push({ signal: text, epoch: time });
            // Our writer alone makes such records, and the CRC was right.
            else if (tag === TAG.gap) gaps.push(JSON.parse(text) as Gap);
            else throw new RangeError(`a record of the unknown kind ${tag}`);
            continue;
          }
          value = text;
        }
      }
      const named = this.#signals[number];
      const quality = QUALITIES[(head >>> 8) & 0xff];
      if (named === undefined || quality === undefined) throw new RangeError('a record of an unknown signal');
      samples.push({ signal: named.signal, value, sourceTimestampMs: time, quality, epoch: named.epoch });
    }
    return { samples, gaps };
  }
}

function arrayOf(tag: number, bytes: Buffer): NumberArray {
  const type = ARRAY_TYPES[tag - FIRST_ARRAY_TAG];
  if (type === undefined) throw new RangeError(`a record of the unknown kind ${tag}`);
  // A copy: a consumer may keep one array without keeping all that was read with it.
  return type.make(new Uint8Array(bytes).buffer);
}
