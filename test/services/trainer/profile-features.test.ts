import { join } from 'node:path';
import type { DataProfile } from '../../../openapi/schemas.ts';
import { freeze } from '../../../services/trainer/data-set/freeze.ts';
import { Journal } from '../../../services/trainer/data-set/journal.ts';
import { profileFeatures } from '../../../services/trainer/data-set/profile-features.ts';
import { profileWaveform } from '../../../services/trainer/data-set/profile-waveform.ts';
import type { Window } from '../../../services/trainer/data-set/window.ts';
import { arrivalsOf, ramp, sample } from './arrivals.ts';
import { profileOf } from './profile.ts';
import { temporaryFolder } from './temporary-folder.ts';

function frozen(journal: Journal, profile: DataProfile, window: Window) {
  const source = profileWaveform({ journal, profile, labels: undefined, clock: () => 0 });
  return freeze({ journal, source, profile, windows: [window], isTest: [false] });
}

describe('the features of a profile', () => {
  const folder = temporaryFolder();

  it('refuse windows that are too short for them', () => {
    const profile = profileOf({
      window: { length: 1024, hop: 1024, minimum: 256 },
      sampleRateHz: 16_000,
      features: { key: 'log-mel', padding: 'none' },
    });

    expect(() => profileFeatures(profile)).toThrow(expect.objectContaining({ code: 'E_INVALID_INPUT' }));
    expect(profileFeatures({ ...profile, window: { ...profile.window, minimum: 512 } }).shape).toEqual([
      3, 64,
    ]);
  });

  it('need the speed signal among the context that is collected', () => {
    const profile = profileOf({ sampleRateHz: 1000, features: { key: 'order-spectrum', speed: 'speed' } });

    expect(() => profileFeatures(profile)).toThrow(expect.objectContaining({ code: 'E_INVALID_INPUT' }));
  });

  it('take the speed that held while the window was measured, and short windows as they are', async () => {
    const journal = new Journal(join(folder, 'speeds'), () => 0);
    const rateHz = 1000;
    const turning = Float32Array.from({ length: 1000 }, (_, n) =>
      Math.sin((2 * Math.PI * 3 * 10 * n) / rateHz),
    );
    journal.receive([
      sample('speed', 600, 0),
      ...arrivalsOf({ number: 1, timestampMs: 0, samples: turning, label: 'healthy' }),
    ]);
    const profile = profileOf({
      signals: { ...profileOf().signals, context: ['speed'] },
      window: { length: 1000, hop: 1000 },
      sampleRateHz: rateHz,
      features: { key: 'order-spectrum', maximumOrder: 8, turns: 8, bands: 8 },
    });
    const window = { timestampMs: 0, label: 'healthy', lot: '', pieces: [{ offset: 0, length: 1000 }] };

    const { train } = await frozen(journal, profile, window);
    journal.close();

    // The third order of ten turns a second.
    expect(train.features.indexOf(Math.max(...train.features))).toBe(2);
  });

  it('of short windows are computed on what there is', async () => {
    const journal = new Journal(join(folder, 'short'), () => 0);
    journal.receive(arrivalsOf({ number: 1, timestampMs: 0, samples: ramp(0, 12), label: 'healthy' }));
    const profile = profileOf({
      window: { length: 32, hop: 32, minimum: 8 },
      sampleRateHz: 100,
      features: { key: 'log-mel', frameLength: 8, hop: 4, mels: 2, padding: 'none' },
    });
    const window = { timestampMs: 0, label: 'healthy', lot: '', pieces: [{ offset: 0, length: 12 }] };

    const { train, scaler } = await frozen(journal, profile, window);
    journal.close();

    expect([train.features.length, scaler.mean.length]).toEqual([14, 2]);
    expect(train.features.slice(4, 8)).toEqual(train.features.slice(0, 4));
  });
});
