import type { TensorRole } from '../../../learning/update-header.ts';

/** A tensor of a delta. */
export interface DeltaTensor {
  readonly name: string;
  readonly role: TensorRole;
  readonly values: Float32Array;
}

/**
 * Scales the tensors of some roles down together, so that their L2 norm is at most `norm`; what is short enough stays as it
 * is.
 * @param stage a federation's, with a norm above 0. @defaultValue roles `trainable`
 */
export function clipDelta<Tensor extends DeltaTensor>(
  tensors: readonly Tensor[],
  {
    norm,
    roles = ['trainable'],
  }: { readonly norm: number; readonly roles?: readonly TensorRole[] | undefined },
): readonly Tensor[] {
  let square = 0;
  for (const { role, values } of tensors) {
    if (!roles.includes(role)) continue;
    for (const value of values) square += value * value;
  }
  const length = Math.sqrt(square);
  if (length <= norm) return tensors;
  const factor = norm / length;
  return tensors.map((tensor) =>
    roles.includes(tensor.role)
      ? { ...tensor, values: tensor.values.map((value) => value * factor) }
      : tensor,
  );
}
