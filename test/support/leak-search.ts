/** Where private numbers were found: how they were written, and which run of them. */
export interface Leak {
  readonly form: 'f32' | 'f64' | 'decimal text' | 'base64 of f32' | 'base64 of f64';
  /** Index of the sequence among those searched for. */
  readonly sequence: number;
}

const RUN = 8;
/** Shortest base64 text that can hold eight f32 values in any phase. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{40,}/g;
const DECIMAL = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Searches captured bytes for any eight consecutive values of private sequences: as little-endian f32 and f64 at any
 * byte offset, as decimal text whatever stands between the numbers, and as base64 in all phases.
 */
export class LeakSearch {
  readonly #sequences: readonly Float32Array[];
  /** Bits of a run's first value -> every place where a run begins with it. */
  readonly #starts = new Map<number, { sequence: number; index: number }[]>();
  readonly #bits = new DataView(new ArrayBuffer(8));

  /** @param sequences sample streams and feature vectors; those shorter than eight values cannot be told from chance. */
  constructor(sequences: readonly Float32Array[]) {
    this.#sequences = sequences;
    sequences.forEach((values, sequence) => {
      for (let index = 0; index + RUN <= values.length; index += 1) {
        // A run of one repeated value (silence, a padded array) says nothing about a machine.
        if (isConstant(values, index)) continue;
        const key = this.#key(values[index] as number);
        const places = this.#starts.get(key);
        if (places === undefined) this.#starts.set(key, [{ sequence, index }]);
        else places.push({ sequence, index });
      }
    });
  }

  /** All leaks in `captured`, at most one a form and sequence. */
  search(captured: Buffer): Leak[] {
    const text = captured.toString('latin1');
    const leaks = [...this.#searchBinary(captured, 'f32', 'f64'), ...this.#searchDecimal(text)];
    for (const [encoded] of text.matchAll(BASE64_RUN)) {
      for (let phase = 0; phase < 4; phase += 1) {
        const decoded = Buffer.from(encoded.slice(phase), 'base64');
        leaks.push(...this.#searchBinary(decoded, 'base64 of f32', 'base64 of f64'));
      }
    }
    const unique = new Map(leaks.map((leak) => [`${leak.form} ${leak.sequence}`, leak]));
    return [...unique.values()];
  }

  #searchBinary(bytes: Buffer, f32: Leak['form'], f64: Leak['form']): Leak[] {
    const leaks: Leak[] = [];
    for (let offset = 0; offset + 4 * RUN <= bytes.length; offset += 1) {
      const places = this.#starts.get(bytes.readUInt32LE(offset));
      for (const place of places ?? []) {
        if (this.#matches(place, (k) => bytes.readFloatLE(offset + 4 * k))) {
          leaks.push({ form: f32, sequence: place.sequence });
        }
      }
      if (offset + 8 * RUN > bytes.length) continue;
      // Only a double that is exactly a single can be a widened sample: its low 29 bits are zero.
      if ((bytes.readUInt32LE(offset) & 0x1fffffff) !== 0) continue;
      for (const place of this.#starts.get(this.#key(bytes.readDoubleLE(offset))) ?? []) {
        if (this.#matches(place, (k) => bytes.readDoubleLE(offset + 8 * k))) {
          leaks.push({ form: f64, sequence: place.sequence });
        }
      }
    }
    return leaks;
  }

  #searchDecimal(text: string): Leak[] {
    const leaks: Leak[] = [];
    const numbers = Float32Array.from(text.matchAll(DECIMAL), ([token]) => Number(token));
    for (let at = 0; at + RUN <= numbers.length; at += 1) {
      for (const place of this.#starts.get(this.#key(numbers[at] as number)) ?? []) {
        if (this.#matches(place, (k) => numbers[at + k] as number)) {
          leaks.push({ form: 'decimal text', sequence: place.sequence });
        }
      }
    }
    return leaks;
  }

  #matches(place: { sequence: number; index: number }, valueAt: (k: number) => number): boolean {
    const values = this.#sequences[place.sequence] as Float32Array;
    for (let k = 0; k < RUN; k += 1) if (values[place.index + k] !== valueAt(k)) return false;
    return true;
  }

  #key(value: number): number {
    this.#bits.setFloat32(0, value, true);
    return this.#bits.getUint32(0, true);
  }
}

function isConstant(values: Float32Array, index: number): boolean {
  for (let k = 1; k < RUN; k += 1) if (values[index + k] !== values[index]) return false;
  return true;
}
