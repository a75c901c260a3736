import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { bytesOfFloats, FLOAT_BYTES } from '../../../learning/weights/little-endian.ts';
import { encodeSafetensorsHeader } from '../../../learning/weights/safetensors-header.ts';
import { elementCount, type TensorSpec } from '../../../learning/weights/tensor.ts';
import type { FileStore, StoredFile } from '../../../runtime/file-store.ts';
import { putVersionFile } from '../store/put-version-file.ts';

/** Up to this size a file is put together in memory. */
const IN_MEMORY_BYTES = 512 * 1024;

/** A safetensors file that is written piece by piece, in any order, and stored when it is whole. */
export interface TensorDraft {
  write(tensor: string, begin: number, values: Float32Array): void;
  /** Stores the file durably under its sha256. */
  store(): Promise<StoredFile>;
  /** Lets go of a draft that is not stored; harmless afterwards. */
  discard(): Promise<void>;
}

/** Begins a file in the store, in memory while it is small. */
export function tensorDraft(
  files: FileStore,
  tensors: readonly TensorSpec[],
  metadata: Readonly<Record<string, string>>,
): TensorDraft {
  const header = encodeSafetensorsHeader(tensors, metadata);
  const offsets = new Map<string, number>();
  let bytes = header.length;
  for (const { name, shape } of tensors) {
    offsets.set(name, bytes);
    bytes += elementCount(shape)! * FLOAT_BYTES;
  }
  const placeOf = (tensor: string, begin: number) => offsets.get(tensor)! + begin * FLOAT_BYTES;
  return bytes <= IN_MEMORY_BYTES
    ? draftInMemory(files, header, bytes, placeOf)
    : draftOnDisk(files, header, bytes, placeOf);
}

type PlaceOf = (tensor: string, begin: number) => number;

function draftInMemory(files: FileStore, header: Uint8Array, bytes: number, placeOf: PlaceOf): TensorDraft {
  const content = new Uint8Array(bytes);
  content.set(header);
  return {
    write: (tensor, begin, values) => content.set(bytesOfFloats(values), placeOf(tensor, begin)),
    store: () => putVersionFile(files, [content]),
    discard: async () => undefined,
  };
}

function draftOnDisk(files: FileStore, header: Uint8Array, bytes: number, placeOf: PlaceOf): TensorDraft {
  const path = files.partial();
  let file: number | undefined = openSync(path, 'wx', 0o600);
  const writeAll = (content: Uint8Array, place: number) => {
    for (let done = 0; done < content.length; ) {
      done += writeSync(file!, content, done, content.length - done, place + done);
    }
  };
  const close = () => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  try {
    ftruncateSync(file, bytes);
    writeAll(header, 0);
  } catch (thrown) {
    close();
    throw thrown;
  }
  return {
    write: (tensor, begin, values) => writeAll(bytesOfFloats(values), placeOf(tensor, begin)),
    store: async () => {
      close();
      return files.adopt(path);
    },
    discard: async () => {
      close();
      await rm(path, { force: true });
    },
  };
}
