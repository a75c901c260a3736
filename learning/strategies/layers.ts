import type { ModelTensor } from './strategy.ts';

/** The layer of a tensor: what stands before the last slash of its name, or all of it. */
export function layerOf({ name }: Pick<ModelTensor, 'name'>): string {
  const slash = name.lastIndexOf('/');
  return slash < 0 ? name : name.slice(0, slash);
}

/** Whether a tensor is of one of the model's last so many layers; all of a model's layers are never among them. */
export function isOfLastLayers(tensor: ModelTensor, model: readonly ModelTensor[], layers: number): boolean {
  const names = [...new Set(model.map(layerOf))];
  return names.slice(Math.max(1, names.length - layers)).includes(layerOf(tensor));
}
