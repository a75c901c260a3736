import type { TensorPayload } from '../aggregation/fold/fold-task.ts';
import { DEFAULT_BLOCK_LENGTH } from '../compression/scaled-integers.ts';
import { DELTA_PART, type ExpectedCompression } from '../update.ts';
import { partTensorName, readUpdateHeader } from '../update-header.ts';
import type { SafetensorsHeader } from '../weights/safetensors-header.ts';
import { byteOffsetsOf } from './spooled-tensors.ts';

/** Places that a codec draws for all participants alike, in a file of their own. */
export interface SharedPlaces {
  readonly path: string;
  readonly byteOffset: number;
}

/**
 * Tells where and how a tensor of a verified update lies in its file, by `PART/NAME`; undefined for one that it lacks.
 * @param placesOf finds the places of a tensor's values where the file does not say them.
 */
export function updatePayloads(
  file: SafetensorsHeader,
  compression: ExpectedCompression | undefined,
  placesOf: (partName: string) => SharedPlaces,
): (partName: string) => TensorPayload | undefined {
  const offsets = byteOffsetsOf(file);
  const plain = (name: string): TensorPayload | undefined => {
    const byteOffset = offsets.get(name);
    return byteOffset === undefined ? undefined : { encoding: 'f32', byteOffset };
  };
  if (compression === undefined) return plain;
  const shapes = new Map(file.tensors.map(({ name, shape }) => [name, shape]));
  const { codec, roles: compressed } = compression;
  const payloadOf = (name: string): TensorPayload => {
    const byteOffset = offsets.get(name)!;
    switch (codec.spec.key) {
      case 'f16':
        return { encoding: 'f16', byteOffset };
      case 'int8':
      case 'int4':
        return {
          encoding: codec.spec.key,
          byteOffset,
          scalesByteOffset: offsets.get(`${name}:scales`)!,
          blockLength: Number(codec.spec['blockLength'] ?? DEFAULT_BLOCK_LENGTH),
        };
      default: {
        const kept = shapes.get(name)![0]!;
        const own = offsets.get(`${name}:indices`);
        if (own !== undefined) return { encoding: 'sparse', byteOffset, kept, indicesByteOffset: own };
        const { path, byteOffset: indicesByteOffset } = placesOf(name);
        return { encoding: 'sparse', byteOffset, kept, indicesByteOffset, indicesPath: path };
      }
    }
  };
  const prefix = partTensorName(DELTA_PART, '');
  const { roles } = readUpdateHeader(file);
  return (name) => {
    const role = roles[name];
    return role !== undefined && name.startsWith(prefix) && compressed.includes(role)
      ? payloadOf(name)
      : plain(name);
  };
}
