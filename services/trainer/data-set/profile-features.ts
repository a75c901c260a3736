import type { FeatureExtractor } from '../../../learning/features/feature-extractor.ts';
import { featureExtractor } from '../../../learning/features/index.ts';
import { perChannel } from '../../../learning/features/per-channel.ts';
import type { DataProfile } from '../../../openapi/schemas.ts';
import { CodedError, type Fault } from '../../../runtime/errors.ts';

/** Channels of a window: the waveform and those beside it. */
export function channelCount({ signals }: DataProfile): number {
  return 1 + (signals.channels?.length ?? 0);
}

/**
 * The extractor of a data profile; a window has the samples of one channel after the other.
 * @throws CodedError `E_UNKNOWN_FEATURE`; `E_INVALID_INPUT` for options that do not fit, or windows that may be shorter
 * than the features allow.
 */
export function profileFeatures(profile: DataProfile): FeatureExtractor {
  const { features, window, sampleRateHz, signals } = profile;
  const extractor = featureExtractor(features, window.length, sampleRateHz);
  const faults: Fault[] = preparationFaults(profile);
  const shortest = Math.min(window.minimum ?? window.length, window.length);
  if (shortest < extractor.minimumLength) {
    const message = `must be at least ${extractor.minimumLength}, or absent: ${features.key} takes no shorter windows`;
    faults.push({ path: '/window/minimum', message });
  }
  const { speedSignal } = extractor;
  if (speedSignal !== undefined && !(signals.context ?? []).includes(speedSignal)) {
    faults.push({
      path: '/signals/context',
      message: `must contain ${speedSignal}, which ${features.key} needs`,
    });
  }
  if (faults.length > 0)
    throw new CodedError('E_INVALID_INPUT', 'the features do not fit the profile', { faults });
  const channels = channelCount(profile);
  return channels === 1 ? extractor : perChannel(extractor, channels);
}

function preparationFaults({ signals, alignment, sampleRateHz }: DataProfile): Fault[] {
  const { waveform, channels = [] } = signals;
  const faults: Fault[] = [];
  if (alignment !== undefined && sampleRateHz === undefined) {
    faults.push({ path: '/sampleRateHz', message: 'is needed where there is an alignment' });
  }
  if (channels.length > 0 && alignment === undefined) {
    faults.push({ path: '/alignment', message: 'is needed where there are channels' });
  }
  if (new Set([waveform, ...channels]).size <= channels.length) {
    faults.push({ path: '/signals/channels', message: 'must name each signal once, and not the waveform' });
  }
  for (const signal of Object.keys(alignment?.bySignal ?? {})) {
    if (signal === waveform || channels.includes(signal)) continue;
    faults.push({ path: `/alignment/bySignal/${signal}`, message: 'is neither the waveform nor a channel' });
  }
  return faults;
}
