import type { Fault } from '../runtime/errors.ts';
import type { ModelTensor } from './strategies/strategy.ts';
import type { ExpectedUpdate } from './update.ts';
import { partTensorName, type TensorRole, type UpdateHeader } from './update-header.ts';
import { DTYPE, type Dtype, type SafetensorsHeader } from './weights/safetensors-header.ts';
import { elementCount, sameShape, type TensorSpec } from './weights/tensor.ts';

/** A part's tensor as it must stand in an update's file. */
export interface SentTensor extends ModelTensor {
  readonly part: string;
  /** `PART/NAME`. */
  readonly partName: string;
  readonly isCompressed: boolean;
}

type Layout = Pick<ExpectedUpdate, 'parts' | 'tensors' | 'isLocal' | 'compression'>;

/**
 * The tensors that an update with these roles holds. Which roles a model's tensors have, an update tells; those it lacks
 * may be of any, so that they are taken for what lets them stay with the participant: `statistic` ones.
 */
export function sentTensors(roles: UpdateHeader['roles'], layout: Layout): readonly SentTensor[] {
  const { parts, tensors, isLocal, compression } = layout;
  const roleOf = (name: string): TensorRole => {
    const found = parts.map((part) => ownRole(roles, partTensorName(part, name)));
    return found.find((role) => role !== undefined) ?? (isLocal === undefined ? 'trainable' : 'statistic');
  };
  const model = tensors.map(({ name, shape }) => ({ name, shape, role: roleOf(name) }));
  const sent = model.filter((tensor) => isLocal?.(tensor, model) !== true);
  return parts.flatMap((part) =>
    sent
      .filter(({ role }) => part !== 'control' || role === 'trainable')
      .map((tensor) => ({
        ...tensor,
        part,
        partName: partTensorName(part, tensor.name),
        isCompressed: part === 'delta' && compression?.roles.includes(tensor.role) === true,
      })),
  );
}

/** The arrays that a tensor is in the file. */
export function arraysOf(
  { partName, shape, isCompressed }: SentTensor,
  compression: Layout['compression'],
): readonly (TensorSpec & { readonly dtype: Dtype })[] {
  if (!isCompressed || compression === undefined) return [{ name: partName, shape, dtype: DTYPE }];
  return compression.codec
    .layout(elementCount(shape) ?? 0)
    .map(({ suffix, dtype, count }) => ({ name: `${partName}${suffix}`, shape: [count], dtype }));
}

/** What of an update's arrays and roles is not as it must be. */
export function layoutFaults(file: SafetensorsHeader, header: UpdateHeader, expected: Layout): Fault[] {
  const sent = sentTensors(header.roles, expected);
  const actual = new Map(file.tensors.map((entry) => [entry.name, entry]));
  const faults: Fault[] = [];
  for (const tensor of sent) {
    for (const { name, shape, dtype } of arraysOf(tensor, expected.compression)) {
      const entry = actual.get(name);
      actual.delete(name);
      if (entry === undefined) faults.push({ path: name, message: `tensor ${name} is missing` });
      else if ((entry.dtype ?? DTYPE) !== dtype) {
        faults.push({ path: name, message: `tensor ${name} is of ${entry.dtype}, not of ${dtype}` });
      } else if (!sameShape(entry.shape, shape) && !isFlattened(entry.shape, shape, expected)) {
        const message = `tensor ${name} has shape [${entry.shape.join(', ')}], the model's is [${shape.join(', ')}]`;
        faults.push({ path: name, message });
      }
    }
  }
  const model = new Set(expected.tensors.map(({ name }) => name));
  for (const name of actual.keys()) {
    const stays = model.has(name.slice(name.indexOf('/') + 1));
    faults.push({
      path: name,
      message: `tensor ${name} is ${stays ? 'not one that is sent' : 'not of the model'}`,
    });
  }
  // Of what a codec makes, the array of values has the tensor's name.
  const names = file.tensors.map(({ name }) => name).filter((name) => !isFurtherArray(name, expected));
  return [...faults, ...roleFaults(names, header)];
}

/** Files of encoded arrays hold the plain ones flat. */
function isFlattened(actual: readonly number[], shape: readonly number[], { compression }: Layout): boolean {
  return compression !== undefined && actual.length === 1 && actual[0] === elementCount(shape);
}

function isFurtherArray(name: string, { compression }: Layout): boolean {
  return compression !== undefined && /:(scales|indices)$/.test(name);
}

function roleFaults(names: readonly string[], { roles }: UpdateHeader): Fault[] {
  const faults: Fault[] = [];
  for (const path of names) {
    const role = ownRole(roles, path);
    if (role === undefined) faults.push({ path, message: `tensor ${path} has no role` });
    if (role === 'local') faults.push({ path, message: `tensor ${path} is local and must not be sent` });
  }
  const known = new Set(names);
  for (const path of Object.keys(roles)) {
    if (!known.has(path)) faults.push({ path, message: `there is a role for ${path}, but no such tensor` });
  }
  return faults;
}

function ownRole(roles: UpdateHeader['roles'], path: string): TensorRole | undefined {
  return Object.hasOwn(roles, path) ? roles[path] : undefined;
}
