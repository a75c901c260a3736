import type { TrainingSpec } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';

/**
 * What an example of each class counts in the loss; undefined where all count alike. Balanced ones make the examples of
 * each class that occurs count as much together, and the mean over all examples 1.
 * @param labels class of each example.
 * @throws CodedError `E_INVALID_INPUT` if there are not as many as classes.
 */
export function classWeightsOf(
  spec: TrainingSpec['classWeights'],
  labels: ArrayLike<number>,
  classes: number,
): Float32Array | undefined {
  if (spec === undefined) return undefined;
  if (spec !== 'balanced') {
    if (spec.length === classes) return Float32Array.from(spec);
    const message = `training.classWeights has ${spec.length} numbers for ${classes} classes`;
    throw new CodedError('E_INVALID_INPUT', message);
  }
  const counts = new Float64Array(classes);
  for (let index = 0; index < labels.length; index += 1) counts[labels[index]!]! += 1;
  const occurring = counts.filter((count) => count > 0).length;
  return Float32Array.from(counts, (count) => (count === 0 ? 0 : labels.length / (occurring * count)));
}
