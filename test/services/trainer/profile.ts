import type { DataProfile } from '../../../openapi/schemas.ts';
import { validate } from '../../../openapi/validate.ts';

/** A profile with small windows and every signal; tests change what they are about. */
export function profileOf(changes: Partial<DataProfile> = {}): DataProfile {
  const profile = {
    signals: {
      waveform: 'vibration',
      label: 'condition',
      lot: 'lot',
      context: ['load'],
      block: 'block',
      segment: 'segment',
      finished: 'finished',
    },
    window: { length: 8, hop: 4 },
    features: { key: 'log-band-power', bands: 4 },
    classes: ['healthy', 'worn'],
    examples: { ready: 4, maximum: 1000, minimumTrain: 1 },
    ...changes,
  };
  return validate('DataProfile', profile, 'the profile of a test');
}
