import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Sample } from '../../../connectors/connector.ts';
import type { DataProfile } from '../../../openapi/schemas.ts';
import { LabelFile } from '../../../services/trainer/data-set/label-file.ts';
import { profileFeatures } from '../../../services/trainer/data-set/profile-features.ts';
import { arrivalsOf, ramp, sample } from './arrivals.ts';
import { viewOpener } from './open-view.ts';
import { profileOf } from './profile.ts';

/** Blocks of 8 samples at 800 Hz, 10 ms apart. */
function stream(count: number, signal = 'vibration'): Sample[] {
  return Array.from({ length: count }, (_, index) => sample(signal, ramp(8 * index, 8), 10 * index));
}

const single = { waveform: 'vibration', label: 'condition' };

describe('windows at a trigger', () => {
  const { open } = viewOpener();
  const triggered = (trigger: NonNullable<DataProfile['trigger']>, changes: Partial<DataProfile> = {}) =>
    profileOf({ signals: single, window: { length: 8, hop: 8 }, sampleRateHz: 800, trigger, ...changes });
  const firstSamples = (samplesOf: () => number[][]) => samplesOf().map(([first]) => first);

  it('begin at multiples of a time by the machine’s clock', async () => {
    const { journal, follow, samplesOf } = open(triggered({ kind: 'time', everyMs: 25 }));
    journal.receive([sample('condition', 'healthy', 0), ...stream(10)]);

    await follow();

    expect(firstSamples(samplesOf)).toEqual([0, 20, 40, 60]);
  });

  it('begin with every so many blocks', async () => {
    const { journal, follow, samplesOf } = open(triggered({ kind: 'count', everyBlocks: 3 }));
    journal.receive([sample('condition', 'healthy', 0), ...stream(8)]);

    await follow();

    expect(firstSamples(samplesOf)).toEqual([0, 24, 48]);
  });

  it('begin where a cycle signal changes, inside of a block too', async () => {
    const { journal, follow, samplesOf } = open(triggered({ kind: 'cycle', signal: 'cycle' }));
    journal.receive([
      sample('condition', 'healthy', 0),
      sample('cycle', 1, 0),
      sample('cycle', 1, 12),
      sample('cycle', 2, 25),
      sample('cycle', 3, 60),
      ...stream(10),
    ]);

    await follow();

    expect(firstSamples(samplesOf)).toEqual([0, 20, 48]);
  });

  it('begin at one value of an event signal, so long before as is wanted', async () => {
    const trigger = { kind: 'event', signal: 'alarm', value: 'jam', offsetMs: -20 } as const;
    const { journal, follow, samplesOf } = open(triggered(trigger));
    journal.receive([
      sample('condition', 'healthy', 0),
      sample('alarm', 'jam', 50),
      sample('alarm', 'clear', 60),
      sample('alarm', 'jam', 80),
      ...stream(10),
    ]);

    await follow();

    expect(firstSamples(samplesOf)).toEqual([24, 48]);
  });

  it('are counted by the cause where a gap took their samples', async () => {
    const { journal, follow } = open(triggered({ kind: 'time', everyMs: 10 }));
    const kept = stream(10).filter(
      ({ sourceTimestampMs }) => sourceTimestampMs < 30 || sourceTimestampMs > 60,
    );
    journal.receive([sample('condition', 'healthy', 0), ...kept]);
    journal.gap({
      id: 'a',
      signal: 'vibration',
      fromMs: 20,
      toMs: 70,
      cause: 'server-restarted',
      filled: false,
    });

    expect(await follow()).toMatchObject({ windows: 6, excludedWindows: { 'server-restarted': 4 } });
  });

  it('end with their product where that is long enough', async () => {
    const { journal, view, follow } = open(
      triggered(
        { kind: 'cycle', signal: 'product' },
        { signals: { ...single, product: 'product' }, window: { length: 32, hop: 32, minimum: 16 } },
      ),
    );
    const ids = ['P1', 'P2', 'P3'];
    journal.receive([
      sample('condition', 'healthy', 0),
      ...ids.map((id, index) => sample('product', id, [0, 40, 60][index] ?? 0)),
      ...stream(10),
    ]);

    await follow();

    const lengths = view.windows.map(({ product, pieces }) => [
      product,
      pieces.reduce((sum, { length }) => sum + length, 0),
    ]);
    expect(lengths).toEqual([
      ['P1', 32],
      ['P2', 16],
      ['P3', 32],
    ]);
    expect(view.find('P2')?.timestampMs).toBe(40);
  });

  it('are each given once or counted once, whatever the blocks are', async () => {
    const property = fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 0, max: 19 }), { minLength: 2, maxLength: 20 }),
      fc.integer({ min: 5, max: 40 }),
      async (numbers, everyMs) => {
        const { journal, follow } = open(triggered({ kind: 'time', everyMs }));
        const kept = stream(20).filter((_, index) => numbers.includes(index));
        journal.receive([sample('condition', 'healthy', 0), ...kept]);
        const sorted = [...numbers].sort((a, b) => a - b);
        sorted.forEach((number, index) => {
          const next = sorted[index + 1];
          if (next === undefined || next === number + 1) return;
          const gap = { id: `${number}`, signal: 'vibration', cause: 'stale', filled: false } as const;
          journal.gap({ ...gap, fromMs: 10 * number, toMs: 10 * next });
        });

        const { windows, excludedWindows } = await follow();

        const [firstMs, lastMs] = [10 * sorted[0]!, 10 * sorted.at(-1)!];
        const asked = Array.from({ length: 81 }, (_, index) => index * everyMs).filter(
          (timeMs) => timeMs >= firstMs && timeMs <= lastMs,
        );
        const given = windows + (excludedWindows['stale'] ?? 0);
        // The last one may still wait for its samples.
        expect(asked.length - given).toBeGreaterThanOrEqual(0);
        expect(asked.length - given).toBeLessThanOrEqual(2);
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });
});

describe('channels on one grid', () => {
  const { open } = viewOpener();
  const aligned = (changes: Partial<DataProfile> = {}) =>
    profileOf({
      signals: { waveform: 'pressure', label: 'condition', channels: ['flow'] },
      window: { length: 8, hop: 4 },
      sampleRateHz: 10,
      alignment: { method: 'linear', maximumAgeMs: 500, bySignal: { flow: { method: 'last' } } },
      features: { key: 'waveform-statistics' },
      ...changes,
    });
  const pressures = (fromMs: number, toMs: number, stepMs = 130) => {
    const times = Array.from(
      { length: Math.ceil((toMs - fromMs) / stepMs) + 1 },
      (_, index) => fromMs + index * stepMs,
    );
    return times.map((timeMs) => sample('pressure', timeMs / 1000, timeMs));
  };
  const flows = (fromMs: number, toMs: number) =>
    pressures(fromMs, toMs, 400).map((one) => ({ ...one, signal: 'flow' }));

  it('have the values of each channel, one channel after the other, and features of each', async () => {
    const profile = aligned();
    const { journal, follow, samplesOf, view } = open(profile);
    journal.receive([sample('condition', 'healthy', 0), ...pressures(0, 3100), ...flows(0, 3100)]);

    await follow();

    expect(view.windows.map(({ timestampMs }) => timestampMs)).toEqual([0, 400, 800, 1200, 1600, 2000]);
    const second = samplesOf()[1] ?? [];
    expect(second.slice(0, 8).map((value) => Math.round(10 * value))).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
    expect(second.slice(8).map((value) => Math.round(10 * value))).toEqual([4, 4, 4, 4, 8, 8, 8, 8]);
    const one = profileFeatures(
      aligned({
        signals: { waveform: 'pressure', label: 'condition' },
        alignment: { method: 'last', maximumAgeMs: 1 },
      }),
    );
    expect(profileFeatures(profile).shape).toEqual([2 * one.size]);
  });

  it('leave out points without a value, by the cause, and keep the grid', async () => {
    const { journal, follow, view } = open(aligned());
    journal.receive([sample('condition', 'healthy', 0), ...flows(0, 6100)]);
    journal.receive([...pressures(0, 2000), ...pressures(4000, 6100)]);
    journal.gap({
      id: 'a',
      signal: 'pressure',
      fromMs: 1950,
      toMs: 4000,
      cause: 'connection-lost',
      filled: false,
    });

    const { excludedWindows } = await follow();

    expect(Object.keys(excludedWindows)).toEqual(['connection-lost']);
    expect(view.windows.every(({ timestampMs }) => timestampMs % 400 === 0)).toBe(true);
    expect(view.windows.filter(({ timestampMs }) => timestampMs > 1200 && timestampMs < 4000)).toEqual([]);
    expect(view.windows.some(({ timestampMs }) => timestampMs >= 4000)).toBe(true);
  });

  it('are not of two labels', async () => {
    const { journal, follow, view } = open(aligned());
    journal.receive([...pressures(0, 3100), ...flows(0, 3100)]);
    journal.receive([sample('condition', 'healthy', 0), sample('condition', 'worn', 1050)]);

    await follow();

    expect(view.windows.map(({ timestampMs, label }) => [timestampMs, label])).toEqual([
      [0, 'healthy'],
      [1200, 'worn'],
      [1600, 'worn'],
      [2000, 'worn'],
    ]);
  });

  it('resample blocks of one rate to another', async () => {
    const { journal, follow, samplesOf } = open(
      profileOf({
        signals: single,
        window: { length: 10, hop: 10 },
        sampleRateHz: 100,
        alignment: { method: 'mean', maximumAgeMs: 100, sourceRateHz: 800 },
      }),
    );
    journal.receive([sample('condition', 'healthy', 0), ...stream(210)]);

    await follow();

    // Eight samples end at the point; the first of them is one after the point before.
    const [, second] = samplesOf();
    expect(second).toEqual(Array.from({ length: 10 }, (_, index) => 8 * (10 + index) - 3.5));
  });

  it('give the same windows whatever the order of arrival', async () => {
    const history = [
      sample('condition', 'healthy', 0),
      sample('condition', 'worn', 1150),
      ...pressures(0, 3100),
      ...flows(0, 3100),
    ];
    const windowsOf = async (deliveries: readonly Sample[][]) => {
      const { journal, view, follow, samplesOf } = open(aligned());
      for (const delivery of deliveries) {
        journal.receive(delivery);
        await view.catchUp();
      }
      await follow();
      return { windows: view.windows, samples: samplesOf() };
    };
    const inOrder = await windowsOf([history]);
    const property = fc.asyncProperty(
      fc.shuffledSubarray(history, { minLength: history.length }),
      fc.integer({ min: 1, max: 9 }),
      async (arrivals, size) => {
        const deliveries = Array.from({ length: Math.ceil(arrivals.length / size) }, (_, index) =>
          arrivals.slice(index * size, (index + 1) * size),
        );

        expect(await windowsOf(deliveries)).toEqual(inOrder);
      },
    );
    await fc.assert(property, { numRuns: 15 });
  });

  it('are refused without a rate or an alignment', () => {
    const { sampleRateHz: _, ...noRate } = aligned();
    const { alignment: __, ...noAlignment } = aligned();
    const refused = expect.objectContaining({ code: 'E_INVALID_INPUT' });

    expect(() => profileFeatures(noRate)).toThrow(refused);
    expect(() => profileFeatures(noAlignment)).toThrow(refused);
  });
});

describe('labels in a file', () => {
  const { open, folder } = viewOpener();
  const block = (number: number, label: string) =>
    arrivalsOf({ number, timestampMs: 10 * number, samples: ramp(8 * number, 8), label });
  const write = (name: string, lines: readonly string[]) => {
    const path = join(folder, name);
    writeFileSync(path, ['from,to,label', ...lines].join('\n'));
    return path;
  };

  it('come before the signal where they say something, and are followed while the file changes', async () => {
    const path = write('labels.csv', ['10,20,worn']);
    const labels = new LabelFile(path);
    await labels.refresh();
    const { journal, view, follow } = open(profileOf({ window: { length: 8, hop: 8 } }), { labels });
    journal.receive([0, 1, 2].flatMap((number) => block(number, 'healthy')));
    await follow();
    expect(view.windows.map(({ label }) => label)).toEqual(['healthy', 'worn', 'healthy']);

    write('labels.csv', ['10,20,worn', '1970-01-01T00:00:00.020Z,,worn']);
    await labels.refresh();
    await follow();

    expect(view.windows.map(({ label }) => label)).toEqual(['healthy', 'worn', 'worn']);
  });

  it('are those of before while the file has faults, which are all named', async () => {
    const path = write('faulty.csv', ['0,10,worn']);
    const labels = new LabelFile(path);
    await labels.refresh();
    write('faulty.csv', ['0,10,worn', '5,20,healthy', 'yesterday,30,worn', '40,40,worn']);

    await labels.refresh();

    expect(labels.fault?.faults.map((fault) => fault.path)).toEqual([
      'line 4, from',
      'line 5, to',
      'line 3, from',
    ]);
    expect(labels.labelAt(5)).toBe('worn');
    expect(labels.labelAt(10)).toBeUndefined();
    await new LabelFile(join(folder, 'absent.csv')).refresh();
  });
});
