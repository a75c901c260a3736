import type { DataProfile } from '../../../openapi/schemas.ts';
import { AlignedWaveform } from './aligned-waveform.ts';
import type { Journal } from './journal.ts';
import type { LabelFile } from './label-file.ts';
import type { WaveformSource } from './waveform-source.ts';

interface SourceOptions {
  readonly journal: Journal;
  readonly profile: DataProfile;
  readonly labels: LabelFile | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** The source of a profile: the blocks as they arrived, or all channels on one grid. */
export function profileWaveform(options: SourceOptions): WaveformSource {
  const { journal, profile } = options;
  if (profile.alignment !== undefined) return new AlignedWaveform(options);
  const { waveform } = profile.signals;
  return {
    name: waveform,
    signals: [waveform],
    isAsArrived: true,
    blocksAfter: (place, limit) => journal.blocksAfter(waveform, place, limit),
    read: ({ offset }, into) => {
      for (const samples of into) journal.readSamples(offset, samples);
    },
  };
}
