import type { Codec } from '../../../learning/compression/codec.ts';
import {
  type CompressedTensor,
  plainArrays,
  sharedStream,
  writeCompressed,
} from '../../../learning/compression/compressed-file.ts';
import { encodeWithFeedback } from '../../../learning/compression/error-feedback.ts';
import { codecOf } from '../../../learning/compression/index.ts';
import { updateTensors } from '../../../learning/pipeline/update-tensors.ts';
import { randomStream } from '../../../learning/random.ts';
import type { Strategy, UpdatePart } from '../../../learning/strategies/strategy.ts';
import { DELTA_PART } from '../../../learning/update.ts';
import { partTensorName, type UpdateHeader, writeUpdateHeader } from '../../../learning/update-header.ts';
import { writeSafetensors } from '../../../learning/weights/safetensors.ts';
import type { NamedTensor } from '../../../learning/weights/tensor.ts';
import type { PipelineSpec } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { Model } from '../models/model.ts';
import { compressionOf } from '../participant-state/keeps-own-state.ts';
import { clipDelta, type DeltaTensor } from './clip-delta.ts';
import { byName } from './own-tensors.ts';

interface UpdateOptions {
  readonly model: Pick<Model, 'weights'>;
  readonly strategy: Strategy;
  readonly pipeline: PipelineSpec | undefined;
  /** The run's, for what compression draws by lot. */
  readonly seed: number;
  /** In the model's order. */
  readonly base: Float32Array;
  readonly trained: Float32Array;
  readonly controlChange: ReadonlyMap<string, Float32Array> | undefined;
  /** What compression left out of the last update that counted, by tensor. */
  readonly residual: ReadonlyMap<string, Float32Array> | undefined;
  readonly facts: Omit<UpdateHeader, 'roles' | 'compression'>;
}

interface EncodedUpdate {
  readonly file: Uint8Array;
  /** What compression left out of this update, where errors are fed back. */
  readonly residual?: ReadonlyMap<string, Float32Array>;
}

type SentTensor = NamedTensor & DeltaTensor & { readonly part: UpdatePart };

/**
 * The file of an update: the strategy's parts of those tensors that do not stay here, the delta clipped and compressed as
 * the pipeline says. Equal input gives equal bytes.
 * @throws CodedError `E_TRAINING_DIVERGED` for a delta that is not finite, `E_UPDATE_OUT_OF_RANGE` for one without a code.
 */
export function encodeUpdate(options: UpdateOptions): EncodedUpdate {
  const { strategy, pipeline, facts } = options;
  const tensors = strategy.parts.flatMap((part) => {
    const some = sentTensors(options, part);
    return part === DELTA_PART ? clippedDelta(some, pipeline) : some;
  });
  const roles = Object.fromEntries(
    tensors.map(({ part, name, role }) => [partTensorName(part, name), role] as const),
  );
  const compression = compressionOf(pipeline);
  if (compression === undefined) {
    const named = tensors.map(({ part, name, shape, values }) => ({
      name: partTensorName(part, name),
      shape,
      values,
    }));
    return { file: writeSafetensors(named, writeUpdateHeader({ ...facts, roles })) };
  }
  const { codec: spec, feedsBack } = compression;
  const codec = codecOf(spec);
  const residual = new Map<string, Float32Array>();
  const compressed = tensors.map((tensor): CompressedTensor => {
    const { part, shape, values, role } = tensor;
    const name = partTensorName(part, tensor.name);
    if (part !== DELTA_PART || !compression.roles.includes(role)) {
      return { name, shape, arrays: plainArrays(values) };
    }
    const encoded = encodedTensor(options, codec, tensor, feedsBack);
    residual.set(tensor.name, encoded.residual);
    return { name, shape, arrays: encoded.arrays };
  });
  const file = writeCompressed(compressed, writeUpdateHeader({ ...facts, roles, compression: codec.spec }));
  return feedsBack ? { file, residual } : { file };
}

/** The tensors of a part, as training left them. */
function sentTensors(options: UpdateOptions, part: UpdatePart): SentTensor[] {
  const { model, strategy, controlChange } = options;
  const values = part === 'control' ? controlChange : byName(vectorOfPart(options, part), model.weights);
  return updateTensors(strategy, part, model.weights).map(({ name, shape, role }) => {
    const own = values?.get(name);
    if (own === undefined) throw new TypeError(`the task of ${strategy.key} gives no ${part} of ${name}`);
    return { part, name, shape, role, values: own };
  });
}

function vectorOfPart({ base, trained }: UpdateOptions, part: 'delta' | 'trained'): Float32Array {
  if (part === 'trained') return trained;
  const delta = trained.map((value, index) => value - base[index]!);
  if (!delta.every(Number.isFinite)) {
    throw new CodedError('E_TRAINING_DIVERGED', 'the update is not finite');
  }
  return delta;
}

function clippedDelta(tensors: readonly SentTensor[], pipeline: PipelineSpec | undefined) {
  const stage = pipeline?.participant?.find((each) => each.kind === 'clip');
  return stage === undefined ? tensors : clipDelta(tensors, stage);
}

function encodedTensor(options: UpdateOptions, codec: Codec, tensor: SentTensor, feedsBack: boolean) {
  const { seed, residual, facts } = options;
  const { round, participant } = facts;
  const name = partTensorName(tensor.part, tensor.name);
  const random = randomStream({ seed, round, participant, purpose: `compression/${name}` });
  const left = feedsBack ? residual?.get(tensor.name) : undefined;
  return encodeWithFeedback(codec, tensor.values, left, random, () => sharedStream({ seed, round }, name));
}
