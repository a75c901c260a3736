import type { ModelTensor, Strategy, Values } from '../../learning/strategies/strategy.ts';
import { partTensorName, type TensorRole } from '../../learning/update-header.ts';
import { readSafetensors } from '../../learning/weights/safetensors.ts';
import type { TensorSpec } from '../../learning/weights/tensor.ts';
import { readVersionMetadata, type VersionMetadata } from '../../learning/weights/version-metadata.ts';
import type { MadeVersion } from './round-record.ts';
import type { Shelf } from './shelf.ts';

/** A version with its values in memory. */
export interface OpenVersion extends MadeVersion {
  readonly metadata: VersionMetadata;
  readonly specs: readonly TensorSpec[];
  readonly values: Values & ReadonlyMap<string, Float32Array>;
}

export function openVersion(shelf: Shelf, made: MadeVersion): OpenVersion {
  const { header, tensors } = readSafetensors(shelf.read(made.sha256));
  return {
    ...made,
    metadata: readVersionMetadata(header.metadata),
    specs: header.tensors.map(({ name, shape }) => ({ name, shape })),
    values: new Map([...tensors].map(([name, { values }]) => [name, values])),
  };
}

/** The model's tensors with the roles that an update gives them; what no update holds stays with the participants. */
export function modelTensors(
  specs: readonly TensorSpec[],
  { parts: [part] }: Strategy,
  roles: Readonly<Record<string, TensorRole>>,
): ModelTensor[] {
  return specs.map(({ name, shape }) => ({
    name,
    shape,
    role: roles[partTensorName(part!, name)] ?? 'local',
  }));
}
