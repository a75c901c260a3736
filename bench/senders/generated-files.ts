import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { DELTA_PART } from '../../learning/update.ts';
import { partTensorName, writeUpdateHeader } from '../../learning/update-header.ts';
import { FLOAT_BYTES } from '../../learning/weights/little-endian.ts';
import { encodeSafetensorsHeader } from '../../learning/weights/safetensors-header.ts';
import { elementCount, type TensorSpec } from '../../learning/weights/tensor.ts';
import { writeVersionMetadata } from '../../learning/weights/version-metadata.ts';
import type { InitialiseJob, TrainJob } from '../../openapi/schemas.ts';

/** A file that is sent without ever lying on a disk. */
export interface GeneratedFile {
  readonly sha256: string;
  readonly bytes: number;
  /** Its content from the beginning: whole where it is small, else as a trainer's stream of its file. */
  body(): Uint8Array | Readable;
}

/** Up to this size a trainer sends from memory (services/trainer/update-store.ts). */
const SMALL_BYTES = 512 * 1024;
const CHUNK_BYTES = 64 * 1024;
const HASHED_BYTES = 4 * 1024 ** 2;
/** By how many values two participants' updates are shifted at most. */
const SHIFTS = 1_024;

/** Files of one model; each participant's values differ, and all share one memory. */
export class GeneratedFiles {
  readonly #tensors: readonly TensorSpec[];
  readonly #values: Uint8Array;
  readonly #bytes: number;

  constructor(tensors: readonly TensorSpec[]) {
    this.#tensors = tensors;
    const elements = tensors.reduce((sum, { shape }) => sum + (elementCount(shape) ?? 0), 0);
    const values = new Float32Array(elements + SHIFTS);
    // Numerical Recipes' generator: any values will do, as long as they differ.
    let state = 1;
    for (let index = 0; index < values.length; index++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      values[index] = state / 2 ** 32 / 50 - 0.01;
    }
    this.#values = new Uint8Array(values.buffer);
    this.#bytes = elements * FLOAT_BYTES;
  }

  initialVersion({ model, profile, scaler }: InitialiseJob): Promise<GeneratedFile> {
    const metadata = { group: 'main', number: 0, inputShape: [32], outputShape: [4], model, profile, scaler };
    return this.#file(encodeSafetensorsHeader(this.#tensors, writeVersionMetadata(metadata)), 0);
  }

  /** @param index of the participant, from 0. */
  update({ run, round, roundAttempt, participant, bases }: TrainJob, index: number): Promise<GeneratedFile> {
    const deltas = this.#tensors.map(({ name, shape }) => ({
      name: partTensorName(DELTA_PART, name),
      shape,
    }));
    const header = writeUpdateHeader({
      ...{ run, round, roundAttempt, participant, baseSha256: bases[0]!.sha256 },
      exampleCount: 8,
      scalars: {},
      roles: Object.fromEntries(deltas.map(({ name }) => [name, 'trainable' as const])),
    });
    return this.#file(encodeSafetensorsHeader(deltas, header), index % SHIFTS);
  }

  async #file(header: Uint8Array, shift: number): Promise<GeneratedFile> {
    const values = this.#values.subarray(shift * FLOAT_BYTES, shift * FLOAT_BYTES + this.#bytes);
    const bytes = header.byteLength + values.byteLength;
    const hash = createHash('sha256').update(header);
    for (let begin = 0; begin < values.length; begin += HASHED_BYTES) {
      // The locks of the queue's jobs are renewed between two pieces.
      if (begin > 0) await setImmediate();
      hash.update(values.subarray(begin, begin + HASHED_BYTES));
    }
    const sha256 = hash.digest('hex');
    return {
      sha256,
      bytes,
      body: () =>
        bytes <= SMALL_BYTES
          ? Buffer.concat([header, values])
          : Readable.from(chunksOf(header, values), { objectMode: false }),
    };
  }
}

function* chunksOf(header: Uint8Array, values: Uint8Array): Generator<Uint8Array> {
  yield header;
  for (let begin = 0; begin < values.length; begin += CHUNK_BYTES)
    yield values.subarray(begin, begin + CHUNK_BYTES);
}
