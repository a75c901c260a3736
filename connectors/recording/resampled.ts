import { invalidRecording } from './invalid-recording.ts';
import type { ManifestRow } from './manifest.ts';
import type { RecordingContent } from './open-recording.ts';
import { type Resampler, resampler } from './resample.ts';

/**
 * A recording at a sampling rate. One that does not say its own is taken to have it.
 * @throws CodedError `E_INVALID_RECORDING` if its rate cannot become this one.
 */
export function resampled(
  row: ManifestRow,
  content: RecordingContent,
  sampleRateHz: number,
): RecordingContent {
  const { sampleRateHz: fromHz = sampleRateHz, chunks } = content;
  if (fromHz === sampleRateHz) return { sampleRateHz, chunks };
  return { sampleRateHz, chunks: passed(chunks, resamplerOf(row, fromHz, sampleRateHz)) };
}

function resamplerOf(row: ManifestRow, fromHz: number, toHz: number): Resampler {
  try {
    return resampler({ fromHz, toHz });
  } catch (thrown) {
    if (thrown instanceof RangeError) throw invalidRecording(row.file, row.line, thrown.message);
    throw thrown;
  }
}

async function* passed(
  chunks: AsyncIterable<Float32Array>,
  through: Resampler,
): AsyncGenerator<Float32Array> {
  for await (const chunk of chunks) yield through.push(chunk);
  yield through.finish();
}
