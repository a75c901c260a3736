import type { ModelSpec } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { ModelSizes } from './model.ts';

/** Frames, bands and one channel. @throws CodedError `E_INVALID_INPUT` for features of another shape */
export function imageShape(
  { key }: ModelSpec,
  { featureShape }: ModelSizes,
): readonly [number, number, number] {
  const [frames, bands, channels = 1, ...more] = featureShape;
  if (frames !== undefined && bands !== undefined && more.length === 0) return [frames, bands, channels];
  throw new CodedError(
    'E_INVALID_INPUT',
    `${key} needs features of frames and bands, such as log-mel, not of the shape [${featureShape.join(', ')}]`,
  );
}
