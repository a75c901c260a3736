import { CodedError } from '../../runtime/errors.ts';
import { readPayload } from '../aggregation/fold/read-payload.ts';
import type { SpoolFiles } from '../aggregation/fold/spool-files.ts';
import {
  asUpdateError,
  checkUpdate,
  type ExpectedUpdate,
  maximumHeaderBytes,
  refuseTooLarge,
} from '../update.ts';
import type { UpdateHeader } from '../update-header.ts';
import { sentTensors } from '../update-layout.ts';
import { decodeHeaderLength } from '../weights/decode-safetensors-header.ts';
import type { Dtype } from '../weights/safetensors-header.ts';
import { LENGTH_BYTES } from '../weights/safetensors-header.ts';
import { areFinite, elementCount } from '../weights/tensor.ts';
import { readSpooledHeader } from './spooled-tensors.ts';
import { updatePayloads } from './update-payloads.ts';

/** Types of elements in compressed updates. */
export const ENCODED_DTYPES: readonly Dtype[] = ['F32', 'F16', 'I8', 'U8', 'U32'];

const PIECE_LENGTH = 65_536;

interface EncodedUpdate {
  readonly files: Pick<SpoolFiles, 'read'>;
  readonly path: string;
  /** Of the file. */
  readonly bytes: number;
  readonly expected: ExpectedUpdate;
  /** Lets others work, between two pieces. */
  breathe(): Promise<void>;
}

/**
 * Checks a compressed update that lies in the spool, piece by piece: its layout against the codec's, and what its values
 * decode to as `verifyUpdate` does.
 * @throws CodedError as `verifyUpdate`.
 */
export async function verifyEncodedUpdate(update: EncodedUpdate): Promise<UpdateHeader> {
  const { files, path, bytes, expected, breathe } = update;
  try {
    const file = headerOf(update);
    if (bytes !== file.headerBytes + file.dataBytes) {
      const code = bytes < file.headerBytes + file.dataBytes ? 'E_UPDATE_TRUNCATED' : 'E_UPDATE_MALFORMED';
      throw new CodedError(code, 'the file does not end with its last array');
    }
    const header = checkUpdate(file, expected);
    // What all participants draw alike is the same set of places: of it, only the number must be right.
    const payloadOf = updatePayloads(file, expected.compression, () => ({ path, byteOffset: 0 }));
    const arrays = new Map(file.tensors.map(({ name, shape }) => [name, elementCount(shape) ?? 0]));
    const squares = new Map<string, number>();
    const magnitudes = new Map<string, number>();
    for (const tensor of sentTensors(header.roles, expected)) {
      const { part, partName: name } = tensor;
      const payload = payloadOf(name)!;
      if (payload.encoding === 'sparse' && arrays.has(`${name}:indices`)) {
        refuseWrongPlaces(files, path, payload, elementCount(tensor.shape)!, name);
      }
      // Of sparse ones the values that are there; all others are 0.
      const dense =
        payload.encoding === 'sparse'
          ? ({ encoding: 'f32', byteOffset: payload.byteOffset } as const)
          : payload;
      const isScaled = dense.encoding === 'int8' || dense.encoding === 'int4';
      const length = isScaled ? elementCount(tensor.shape)! : arrays.get(name)!;
      let sum = squares.get(part) ?? 0;
      let magnitude = 0;
      for (let begin = 0; begin < length; begin += PIECE_LENGTH) {
        const values = new Float32Array(Math.min(PIECE_LENGTH, length - begin));
        readPayload(files, path, dense, begin, values);
        if (!areFinite(values)) {
          const faults = [{ path: name, message: 'has values that are not finite' }];
          throw new CodedError('E_UPDATE_NOT_FINITE', `the update has values that are not finite: ${name}`, {
            faults,
          });
        }
        for (const value of values) {
          sum += value * value;
          magnitude = Math.max(magnitude, Math.abs(value));
        }
        await breathe();
      }
      squares.set(part, sum);
      magnitudes.set(name, magnitude);
    }
    refuseTooLarge(expected, header.roles, squares, magnitudes);
    return header;
  } catch (error) {
    throw asUpdateError(error);
  }
}

function headerOf({ files, path, bytes, expected }: EncodedUpdate) {
  if (bytes < LENGTH_BYTES) throw new CodedError('E_UPDATE_TRUNCATED', 'the file has no header');
  const length = new Uint8Array(LENGTH_BYTES);
  files.read(path, 0, length);
  // Refused before it is read.
  decodeHeaderLength(length, maximumHeaderBytes(expected));
  return readSpooledHeader(files, path, ENCODED_DTYPES);
}

/** @throws CodedError `E_UPDATE_MALFORMED` for places that no encoder makes. */
function refuseWrongPlaces(
  files: Pick<SpoolFiles, 'read'>,
  path: string,
  { indicesByteOffset, kept }: { readonly indicesByteOffset: number; readonly kept: number },
  length: number,
  name: string,
): void {
  let before = -1;
  for (let begin = 0; begin < kept; begin += PIECE_LENGTH) {
    const bytes = new Uint8Array(4 * Math.min(PIECE_LENGTH, kept - begin));
    files.read(path, indicesByteOffset + 4 * begin, bytes);
    const places = new DataView(bytes.buffer);
    for (let index = 0; index < bytes.length; index += 4) {
      const place = places.getUint32(index, true);
      if (!(place > before && place < length)) {
        const message = `place ${place} follows ${before}, of ${length} values`;
        throw new CodedError('E_UPDATE_MALFORMED', `${name}: ${message}`, {
          faults: [{ path: name, message }],
        });
      }
      before = place;
    }
  }
}
