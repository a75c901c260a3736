import { CodedError } from '../../runtime/errors.ts';
import { refuseUnknownOptions } from '../options.ts';
import type { FeatureExtractor, FeatureInput, FeatureSpec } from './feature-extractor.ts';

const MOST_PARTS = 16;

/**
 * Several features of the same window, one after the other: `of` lists their specifications.
 * @param create makes the extractor of a part.
 * @throws CodedError `E_INVALID_INPUT` unless there are 1 to 16 parts, or where they need different speed signals.
 */
export function several(
  spec: FeatureSpec,
  input: FeatureInput,
  create: (part: FeatureSpec, input: FeatureInput) => FeatureExtractor,
): FeatureExtractor {
  refuseUnknownOptions('features', spec, ['of']);
  const listed = spec['of'];
  if (!Array.isArray(listed) || listed.length < 1 || listed.length > MOST_PARTS || !listed.every(isSpec)) {
    throw refused(`must be a list of 1 to ${MOST_PARTS} features, each with its key`);
  }
  const parts = listed.map((part) => create(part, input));
  const [speedSignal, ...others] = new Set(
    parts.map((part) => part.speedSignal).filter((name) => name !== undefined),
  );
  if (others.length > 0) throw refused('features of one window take their speed from one signal');
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  return {
    size,
    shape: [size],
    minimumLength: Math.max(...parts.map((part) => part.minimumLength)),
    ...(speedSignal === undefined ? {} : { speedSignal }),
    extract(window, into, speeds) {
      if (into.length !== size) throw new RangeError(`a window has ${size} features`);
      let begin = 0;
      for (const part of parts) {
        part.extract(window, into.subarray(begin, begin + part.size), speeds);
        begin += part.size;
      }
    },
  };
}

function isSpec(value: unknown): value is FeatureSpec {
  return typeof value === 'object' && value !== null && 'key' in value && typeof value.key === 'string';
}

function refused(message: string): CodedError {
  return new CodedError('E_INVALID_INPUT', 'the features do not fit the window', {
    faults: [{ path: '/features/of', message }],
  });
}
