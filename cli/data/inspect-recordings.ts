import type { ManifestRow } from '../../connectors/recording/manifest.ts';
import { CodedError, type Fault } from '../../runtime/errors.ts';

/** What the samples of a recording are. */
export interface InspectedRow {
  readonly row: ManifestRow;
  readonly samples: number;
  readonly sampleRateHz?: number;
}

/**
 * Reads every recording to its end, one after the other and in constant memory, and gathers what is wrong instead of
 * stopping at the first.
 */
export async function inspectRecordings(
  rows: readonly ManifestRow[],
): Promise<{ readonly good: readonly InspectedRow[]; readonly faults: readonly Fault[] }> {
  const { streamSegments } = await import('../../connectors/recording/segments.ts');
  const good: InspectedRow[] = [];
  const faults: Fault[] = [];
  for (const row of rows) {
    try {
      for await (const { chunks, sampleRateHz } of streamSegments([row])) {
        let samples = 0;
        for await (const chunk of chunks) samples += chunk.length;
        if (samples === 0) faults.push({ path: row.file, line: row.line, message: 'has no samples' });
        else good.push({ row, samples, ...(sampleRateHz === undefined ? {} : { sampleRateHz }) });
      }
    } catch (thrown) {
      if (!(thrown instanceof CodedError) || thrown.code !== 'E_INVALID_RECORDING') throw thrown;
      faults.push(...thrown.faults);
    }
  }
  return { good, faults };
}
