import { readCompressed, type SharedKey } from '../../learning/compression/compressed-file.ts';
import { codecOf } from '../../learning/compression/index.ts';
import { DELTA_PART } from '../../learning/update.ts';
import { partTensorName, readUpdateHeader } from '../../learning/update-header.ts';
import { readSafetensorsHeader, writeSafetensors } from '../../learning/weights/safetensors.ts';
import type { Dtype } from '../../learning/weights/safetensors-header.ts';
import type { TensorSpec } from '../../learning/weights/tensor.ts';
import type { PipelineSpec } from '../../openapi/schemas.ts';
import { compressionOf } from '../trainer/participant-state/keeps-own-state.ts';

const ALL_DTYPES: readonly Dtype[] = ['F32', 'F16', 'I8', 'U8', 'U32'];

/**
 * An update's plain file: the same one where the pipeline does not compress, else what its codec decodes to.
 * @param specs the model's tensors.
 * @throws CodedError as `readCompressed`.
 */
export function decodeUpdate(
  bytes: Uint8Array,
  specs: readonly TensorSpec[],
  pipeline: PipelineSpec | undefined,
  shared: SharedKey,
): Uint8Array {
  const compression = compressionOf(pipeline);
  if (compression === undefined) return bytes;
  const codec = codecOf(compression.codec);
  const { roles } = readUpdateHeader(readSafetensorsHeader(bytes, ALL_DTYPES));
  const prefix = partTensorName(DELTA_PART, '');
  const shapes = new Map(specs.map(({ name, shape }) => [name, shape]));
  const expected = Object.entries(roles).map(([name, role]) => ({
    name,
    shape: shapes.get(name.slice(name.indexOf('/') + 1)) ?? [],
    codec: name.startsWith(prefix) && compression.roles.includes(role) ? codec : undefined,
  }));
  const { header, tensors } = readCompressed(bytes, expected, shared);
  return writeSafetensors(tensors, header.metadata);
}
