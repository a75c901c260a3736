import { CodedError } from '../../runtime/errors.ts';

/**
 * A tensor that has the values at their places and zeros elsewhere.
 * @throws CodedError `E_UPDATE_MALFORMED` for places that are not ascending or not in the tensor.
 */
export function scatter(places: ArrayLike<number>, values: ArrayLike<number>, length: number): Float32Array {
  const tensor = new Float32Array(length);
  let before = -1;
  for (let position = 0; position < places.length; position++) {
    const place = places[position]!;
    if (!(place > before && place < length)) {
      throw new CodedError('E_UPDATE_MALFORMED', `place ${place} follows ${before}, of ${length} values`);
    }
    tensor[place] = values[position]!;
    before = place;
  }
  return tensor;
}
