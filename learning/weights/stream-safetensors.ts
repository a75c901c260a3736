import { decodeHeaderLength, decodeSafetensorsHeader } from './decode-safetensors-header.ts';
import { FLOAT_BYTES, floatsOfBytes } from './little-endian.ts';
import { LENGTH_BYTES, malformed, type SafetensorsHeader } from './safetensors-header.ts';
import type { TensorPiece } from './tensor.ts';

/** A safetensors file that is being read. */
export interface SafetensorsStream {
  readonly header: SafetensorsHeader;
  /**
   * Every element of every tensor, once, in the order of the file.
   * @throws CodedError `E_MALFORMED_SAFETENSORS` if the file is too short (`details.truncated`) or too long.
   */
  readonly values: AsyncIterable<TensorPiece>;
  /** Lets go of the source; needed where `values` is not read, harmless elsewhere. */
  close(): Promise<void>;
}

interface StreamOptions {
  /**
   * Longest JSON header that is accepted. A header of 100 MB can keep the reader busy for many seconds: set a limit for
   * files of strangers.
   * @defaultValue 100_000_000
   */
  readonly maximumHeaderBytes?: number;
}

/**
 * Reads a safetensors file as its bytes come, in chunks of any size. In memory are the header and one chunk; the
 * source may use a chunk's memory again for the next one.
 * @throws CodedError `E_MALFORMED_SAFETENSORS` with every fault of the header; the source is closed then.
 */
export async function streamSafetensors(
  chunks: AsyncIterable<Uint8Array>,
  options: StreamOptions = {},
): Promise<SafetensorsStream> {
  const source = chunks[Symbol.asyncIterator]();
  const close = async (): Promise<void> => {
    await source.return?.();
  };
  try {
    const length = await take(source, new Uint8Array(), LENGTH_BYTES);
    const json = await take(
      source,
      length.rest,
      decodeHeaderLength(length.taken, options.maximumHeaderBytes),
    );
    const header = decodeSafetensorsHeader(json.taken);
    return { header, values: piecesOf(header, floatsIn(header, json.rest, source), close), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function take(
  source: AsyncIterator<Uint8Array>,
  first: Uint8Array,
  count: number,
): Promise<{ taken: Uint8Array; rest: Uint8Array }> {
  // The chunks are kept until they suffice, rather than room for what the length field claims.
  const parts: Uint8Array[] = [];
  let missing = count;
  let chunk = first;
  while (chunk.length < missing) {
    parts.push(Uint8Array.from(chunk));
    missing -= chunk.length;
    const next = await source.next();
    if (next.done === true) throw cutOff(missing);
    chunk = next.value;
  }
  parts.push(chunk.subarray(0, missing));
  const taken = new Uint8Array(count);
  let position = 0;
  for (const part of parts) {
    taken.set(part, position);
    position += part.length;
  }
  return { taken, rest: chunk.subarray(missing) };
}

/** The floats in the chunks after the header; the bytes of one that two chunks share are put together. */
async function* floatsIn(
  header: SafetensorsHeader,
  first: Uint8Array,
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Float32Array> {
  const shared = new Uint8Array(FLOAT_BYTES);
  let sharedBytes = 0;
  let missing = header.dataBytes;
  let chunk = first;
  for (;;) {
    missing -= chunk.length;
    if (missing < 0) throw malformed([{ path: '', message: 'bytes follow the last tensor' }]);
    let start = 0;
    if (sharedBytes > 0) {
      start = Math.min(FLOAT_BYTES - sharedBytes, chunk.length);
      shared.set(chunk.subarray(0, start), sharedBytes);
      sharedBytes += start;
      if (sharedBytes === FLOAT_BYTES) {
        yield floatsOfBytes(Uint8Array.from(shared));
        sharedBytes = 0;
      }
    }
    const rest = (chunk.length - start) % FLOAT_BYTES;
    const end = chunk.length - rest;
    if (end > start) yield floatsOfBytes(chunk.subarray(start, end));
    if (rest > 0) {
      shared.set(chunk.subarray(end));
      sharedBytes = rest;
    }
    const next = await source.next();
    if (next.done === true) break;
    chunk = next.value;
  }
  if (missing > 0) throw cutOff(missing);
}

async function* piecesOf(
  header: SafetensorsHeader,
  floats: AsyncIterable<Float32Array>,
  close: () => Promise<void>,
): AsyncGenerator<TensorPiece> {
  const tensors = header.tensors[Symbol.iterator]();
  let tensor = '';
  let offset = 0;
  let length = 0;
  try {
    for await (const values of floats) {
      let position = 0;
      while (position < values.length) {
        if (offset === length) {
          // More floats than the tensors hold were refused with their bytes, so that a next tensor exists.
          const { name, begin, end } = tensors.next().value as SafetensorsHeader['tensors'][number];
          tensor = name;
          offset = 0;
          length = (end - begin) / FLOAT_BYTES;
          continue;
        }
        const count = Math.min(length - offset, values.length - position);
        yield { tensor, offset, values: values.subarray(position, position + count) };
        position += count;
        offset += count;
      }
    }
  } finally {
    await close();
  }
}

function cutOff(missingBytes: number): Error {
  const message = `the file ends ${missingBytes} bytes too early`;
  return malformed([{ path: '', message }], { truncated: true });
}
