import fc from 'fast-check';
import type { SafetensorsStream } from '../../learning/weights/stream-safetensors.ts';
import type { NamedTensor } from '../../learning/weights/tensor.ts';
import { CodedError } from '../../runtime/errors.ts';

/** A file made by hand: its JSON header as it is, then that many zero bytes. */
export function fileOf(header: object | string, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return file;
}

/** Arbitrary tensors, some empty, some scalars, NaN and infinities among the values; and metadata. */
export function anyFile(): fc.Arbitrary<{ tensors: NamedTensor[]; metadata: Record<string, string> }> {
  const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
  const tensor = fc
    .tuple(
      fc.string({ unit: 'grapheme', maxLength: 8 }).filter((name) => name !== '__metadata__'),
      shape,
    )
    .chain(([name, dimensions]) => {
      const length = dimensions.reduce((count, dimension) => count * dimension, 1);
      return fc
        .float32Array({ minLength: length, maxLength: length })
        .map((values): NamedTensor => ({ name, shape: dimensions, values }));
    });
  return fc.record({
    tensors: fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 5 }),
    metadata: fc.dictionary(fc.string({ maxLength: 6 }), fc.string({ maxLength: 12 }), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  });
}

/** The bytes in pieces that end at the given places, taken modulo the length. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = places.map((place) => place % (bytes.length + 1)).sort((one, other) => one - other);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

export async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** The tensors that a stream brings, put together. */
export async function collect({ header, values }: SafetensorsStream): Promise<NamedTensor[]> {
  const tensors = header.tensors.map(({ name, shape, begin, end }) => ({
    name,
    shape,
    values: new Float32Array((end - begin) / 4),
  }));
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor.values]));
  for await (const piece of values) byName.get(piece.tensor)?.set(piece.values, piece.offset);
  return tensors;
}

/** The CodedError that a call throws. */
export function thrownBy(call: () => unknown): CodedError {
  try {
    call();
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
