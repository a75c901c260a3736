import { CodedError } from '../../../runtime/errors.ts';
import type { AggregationKernels } from '../kernels.ts';
import type { ReducedTensor, TensorPayload, Tile, UpdateFile } from './fold-task.ts';
import { readPayload, scaleValues } from './read-payload.ts';
import type { SpoolFiles } from './spool-files.ts';
import { STRIP } from './tiles.ts';

const FLOAT_BYTES = 4;

/** Bytes that a tile of so many values may need before it is decoded, with what the kernels read beyond its end. */
export function stagingBytes(tileLength: number): number {
  return 2 * tileLength + 64;
}

/** Bytes of a decoded tile, with what the kernels write beyond its end. */
export function decodedBytes(tileLength: number): number {
  return FLOAT_BYTES * (Math.ceil(tileLength / STRIP) * STRIP + 8);
}

/**
 * Brings tiles of spooled updates into the kernels' memory as 32-bit floats: those are read into it directly, other
 * payloads are decoded there.
 */
export class TileReader {
  readonly #kernels: AggregationKernels;
  readonly #memory: Uint8Array;
  readonly #floats: Float32Array;
  readonly #files: SpoolFiles;
  readonly #staging: number;

  /** @param staging place of `stagingBytes`. */
  constructor(kernels: AggregationKernels, files: SpoolFiles, staging: number) {
    this.#kernels = kernels;
    this.#memory = new Uint8Array(kernels.memory.buffer);
    this.#floats = new Float32Array(kernels.memory.buffer);
    this.#files = files;
    this.#staging = staging;
  }

  /**
   * Reads a tile to `place`, zeros after it up to the next multiple of 64 values.
   * @returns the largest magnitude in it.
   * @throws CodedError `E_UPDATE_OUT_OF_RANGE` if that is beyond the tensor's grid, infinite or not a number.
   */
  read(update: UpdateFile, tensor: ReducedTensor, tile: Tile, place: number): number {
    const payload = update.payloads[tile.tensor]!;
    this.#decode(update.path, payload, tile, place);
    const end = place / FLOAT_BYTES + tile.count;
    if (payload.scale !== undefined) {
      scaleValues(this.#floats.subarray(place / FLOAT_BYTES, end), payload.scale);
    }
    this.#floats.fill(0, end, place / FLOAT_BYTES + Math.ceil(tile.count / STRIP) * STRIP);
    const largest = floatOfBits(this.#kernels.largestBits(place, Math.ceil(tile.count / 4) * 4));
    if (!(largest <= tensor.grid.bound)) {
      const message = `${tensor.name} has the magnitude ${largest}, at most ${tensor.grid.bound} is allowed`;
      throw new CodedError(
        'E_UPDATE_OUT_OF_RANGE',
        `the update of ${update.participant} is refused: ${message}`,
        {
          faults: [{ path: tensor.name, message }],
          details: { participant: update.participant },
        },
      );
    }
    return largest;
  }

  #decode(path: string, payload: TensorPayload, { begin, count }: Tile, place: number): void {
    if (payload.encoding === 'f32') {
      this.#load(path, payload.byteOffset + begin * FLOAT_BYTES, place, count * FLOAT_BYTES);
    } else if (payload.encoding === 'f16') {
      this.#load(path, payload.byteOffset + begin * 2, this.#staging, count * 2);
      this.#kernels.decodeHalves(this.#staging, place, Math.ceil(count / 8) * 8);
    } else if (payload.encoding === 'int8') {
      this.#load(path, payload.byteOffset + begin, this.#staging, count);
      const scales = this.#scales(path, payload, begin, count);
      this.#decodeBlocks(scales, payload.blockLength, begin, count, place);
    } else {
      const first = place / FLOAT_BYTES;
      readPayload(this.#files, path, payload, begin, this.#floats.subarray(first, first + count));
    }
  }

  #decodeBlocks(
    scales: Float32Array,
    blockLength: number,
    begin: number,
    count: number,
    place: number,
  ): void {
    let done = 0;
    for (const scale of scales) {
      const some = Math.min(blockLength - ((begin + done) % blockLength), count - done);
      // What is written beyond a block's end, the next block overwrites.
      const padded = Math.ceil(some / 8) * 8;
      this.#kernels.decodeBytes(this.#staging + done, place + done * FLOAT_BYTES, padded, scale);
      done += some;
    }
  }

  #scales(
    path: string,
    { scalesByteOffset, blockLength }: Extract<TensorPayload, { encoding: 'int8' | 'int4' }>,
    begin: number,
    count: number,
  ): Float32Array {
    const first = Math.floor(begin / blockLength);
    const last = Math.ceil((begin + count) / blockLength);
    const scales = new Float32Array(last - first);
    this.#files.read(path, scalesByteOffset + first * FLOAT_BYTES, new Uint8Array(scales.buffer));
    return scales;
  }

  #load(path: string, position: number, place: number, bytes: number): void {
    this.#files.read(path, position, this.#memory.subarray(place, place + bytes));
  }
}

const bits = new DataView(new ArrayBuffer(FLOAT_BYTES));

function floatOfBits(value: number): number {
  bits.setUint32(0, value);
  return bits.getFloat32(0);
}
