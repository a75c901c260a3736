import type { FeatureExtractor } from '../../../learning/features/feature-extractor.ts';
import type { DataProfile } from '../../../openapi/schemas.ts';
import type { Journal } from './journal.ts';
import type { Window } from './window.ts';

/** Looked at from a window's first sample to its last: a speed changes slowly against a window. */
const SPEEDS_PER_WINDOW = 17;

/**
 * The values over a window of the signal that features need, at equal distances; 0 where it has none that is good.
 * @returns undefined for features that need none.
 */
export function speedsOf(
  journal: Journal,
  { sampleRateHz = 1 }: DataProfile,
  { speedSignal }: FeatureExtractor,
  { timestampMs, epoch = 0, pieces }: Window,
): Float64Array | undefined {
  if (speedSignal === undefined) return undefined;
  const samples = pieces.reduce((sum, { length }) => sum + length, 0);
  const stepMs = ((samples / sampleRateHz) * 1000) / (SPEEDS_PER_WINDOW - 1);
  return Float64Array.from({ length: SPEEDS_PER_WINDOW }, (_, index) => {
    const context = journal.contextAt(speedSignal, { epoch, timestampMs: timestampMs + index * stepMs });
    return context?.good && typeof context.value === 'number' ? context.value : 0;
  });
}
