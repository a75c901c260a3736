import type { RandomStream } from '../random.ts';
import type { TensorSpec } from '../weights/tensor.ts';
import type { Codec } from './codec.ts';
import { type CompressedTensor, plainArrays, type SharedKey, sharedStream } from './compressed-file.ts';
import { encodeWithFeedback } from './error-feedback.ts';

type Floats = ReadonlyMap<string, Float32Array>;

/** A version as those download it who have the one before. */
export interface CompressedVersion {
  /** The delta to the version before, named as the model's tensors. */
  readonly tensors: readonly CompressedTensor[];
  /** What everybody who applies it has: this is the version, so that its sha256 is the same for all. */
  readonly version: Floats;
  /** What did not get into the version; it goes into the next one. */
  readonly residual: Floats;
}

/**
 * Makes a version's download a delta. The published version is what the delta decodes to, not what was aggregated, so that
 * participants who have the version before get the same bits as those who download all of it.
 * @param codecOf the codec of a tensor; undefined keeps it exact, as statistic ones must be, and sends it whole.
 * @param random a stream for each tensor's stochastic rounding.
 */
export function compressVersion(
  model: readonly TensorSpec[],
  before: Floats,
  aggregated: Floats,
  residual: Floats,
  options: {
    readonly codecOf: (tensor: string) => Codec | undefined;
    readonly random: (tensor: string) => RandomStream;
    readonly shared: SharedKey;
  },
): CompressedVersion {
  const tensors: CompressedTensor[] = [];
  const version = new Map<string, Float32Array>();
  const left = new Map<string, Float32Array>();
  for (const { name, shape } of model) {
    const codec = options.codecOf(name);
    const next = aggregated.get(name)!;
    const base = before.get(name)!;
    if (codec === undefined) {
      tensors.push({ name, shape, arrays: plainArrays(next) });
      version.set(name, next);
      continue;
    }
    const delta = next.map((value, index) => value - base[index]!);
    const encoded = encodeWithFeedback(codec, delta, residual.get(name), options.random(name), () =>
      sharedStream(options.shared, name),
    );
    tensors.push({ name, shape, arrays: encoded.arrays });
    version.set(name, applyDelta(base, encoded.decoded));
    left.set(name, encoded.residual);
  }
  return { tensors, version, residual: left };
}

/** The next version's tensor at whoever has the one before; rounded once to 32 bits, everywhere alike. */
export function applyDelta(base: Float32Array, decoded: Float32Array): Float32Array {
  return base.map((value, index) => value + decoded[index]!);
}
