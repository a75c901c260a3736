import type { ModelTensor, Strategy, UpdatePart } from '../strategies/strategy.ts';

/**
 * The tensors of the model that a part of the strategy's updates holds: those that do not stay with the participant, and
 * of a control variate the trainable ones, as only they have gradients.
 */
export function updateTensors(
  strategy: Strategy,
  part: UpdatePart,
  model: readonly ModelTensor[],
): readonly ModelTensor[] {
  return model.filter(
    (tensor) =>
      tensor.role !== 'local' &&
      strategy.isLocal?.(tensor, model) !== true &&
      (part !== 'control' || tensor.role === 'trainable'),
  );
}
