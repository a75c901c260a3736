import fc from 'fast-check';
import type { Gap, GapCause, Sample } from '../../../connectors/connector.ts';
import { arrivalsOf, ramp, sample } from './arrivals.ts';
import { viewOpener } from './open-view.ts';
import { profileOf } from './profile.ts';

const { block: _, segment: __, finished: ___, ...signals } = profileOf().signals;
/** Windows of one block each, at every block; blocks have no numbers. */
const PROFILE = profileOf({ signals, window: { length: 8, hop: 8 } });

/** Blocks 10 ms apart: the ledger is all there is to tell that some are missing. */
function blocks(numbers: readonly number[], epoch = 0): Sample[] {
  return numbers.flatMap((number) =>
    arrivalsOf({ number, timestampMs: 10 * number, samples: ramp(8 * number, 8), label: 'healthy' }).map(
      (one) => ({
        ...one,
        epoch,
      }),
    ),
  );
}

function row(fromMs: number, toMs: number, changes: Partial<Gap> = {}): Gap {
  return {
    id: `${fromMs}`,
    signal: 'vibration',
    fromMs,
    toMs,
    cause: 'connection-lost',
    filled: false,
    ...changes,
  };
}

describe('windows and the gap ledger', () => {
  const { open } = viewOpener();

  it('counts what a row takes by the cause of the row', async () => {
    const causes: GapCause[] = ['server-restarted', 'client-down', 'store-full', 'sampling'];
    const profile = profileOf({ signals, window: { length: 16, hop: 8 } });
    const { journal, follow } = open(profile);
    journal.receive(blocks([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    for (const [index, cause] of causes.entries())
      journal.gap(row(20 * index + 10, 20 * index + 20, { cause }));

    const { windows, excludedWindows } = await follow();

    expect(excludedWindows).toEqual(Object.fromEntries(causes.map((cause) => [cause, 1])));
    expect(windows).toBe(9 - causes.length);
  });

  it('excludes nothing by a row that was filled, before or after it was looked at', async () => {
    const { journal, follow } = open(profileOf({ signals, window: { length: 16, hop: 8 } }));
    journal.receive(blocks([0, 3]));
    journal.gap(row(0, 30));
    expect(await follow()).toMatchObject({ windows: 0, excludedWindows: { 'connection-lost': 1 } });

    journal.receive(blocks([1, 2]));
    journal.gap(row(0, 30, { filled: true }));

    expect(await follow()).toMatchObject({ windows: 3, excludedWindows: {} });
  });

  it('estimates by the clock how many windows an outage took', async () => {
    const { journal, follow } = open({ ...PROFILE, sampleRateHz: 800 });
    journal.receive(blocks([0, 1, 5, 6]));
    journal.gap(row(10, 50));

    expect(await follow()).toMatchObject({ windows: 4, excludedWindows: { 'connection-lost': 3 } });
  });

  it('names the cause of numbers that are missing, and knows none without a row', async () => {
    const numbered = profileOf({ window: { length: 8, hop: 8 } });
    const { journal, follow } = open(numbered);
    journal.receive(blocks([0, 1, 3, 4, 6]));
    journal.gap(row(10, 30, { cause: 'queue-overflow' }));

    const counts = await follow();

    expect(counts).toMatchObject({
      windows: 5,
      lostBlocks: 2,
      excludedWindows: { 'queue-overflow': 1, gap: 1 },
    });
  });

  it('does not know the label inside of an outage of its signal, and does after it', async () => {
    const { journal, follow } = open(PROFILE);
    const vibrations = blocks([0, 1, 2, 3]).filter(({ signal }) => signal !== 'condition');
    journal.receive([...vibrations, sample('condition', 'healthy', 0)]);
    journal.gap(row(5, 25, { signal: 'condition', cause: 'subscription-recreated' }));

    expect(await follow()).toMatchObject({ windows: 2, excludedWindows: { 'subscription-recreated': 2 } });
  });

  it('does not know the label after its queue overflowed until a new value comes', async () => {
    const { journal, follow } = open(PROFILE);
    const vibrations = blocks([0, 1, 2, 3]).filter(({ signal }) => signal !== 'condition');
    journal.receive([...vibrations, sample('condition', 'healthy', 0), sample('condition', 'healthy', 30)]);
    journal.gap(row(5, 8, { signal: 'condition', cause: 'queue-overflow' }));

    expect(await follow()).toMatchObject({ windows: 2, excludedWindows: { 'queue-overflow': 2 } });
  });

  it('lets a value hold only as long as its signal allows', async () => {
    const { journal, follow } = open(PROFILE, { maximumAgesMs: new Map([['condition', 15]]) });
    const vibrations = blocks([0, 1, 2, 3]).filter(({ signal }) => signal !== 'condition');
    journal.receive([...vibrations, sample('condition', 'healthy', 0)]);

    expect(await follow()).toMatchObject({ windows: 2, excludedWindows: { stale: 2 } });
  });

  it('makes no window across a step of the clock, and takes equal times of two epochs for two', async () => {
    const { journal, view, follow } = open(profileOf({ signals, window: { length: 16, hop: 8 } }));
    journal.receive(blocks([5, 6, 7]));
    journal.receive(blocks([5, 6], 1));

    expect(await follow()).toMatchObject({ windows: 3, excludedWindows: { 'clock-step': 1 } });
    expect(view.windows.map(({ timestampMs, epoch }) => [timestampMs, epoch])).toEqual([
      [50, undefined],
      [60, undefined],
      [50, 1],
    ]);
    expect(view.find('latest')).toEqual(view.windows[2]);
  });

  it('has no window that touches an unfilled row, and all others, in whatever order rows and blocks come', async () => {
    const gap = fc
      .record({
        from: fc.integer({ min: 0, max: 11 }),
        length: fc.integer({ min: 1, max: 4 }),
        filled: fc.boolean(),
      })
      .map(({ from, length, filled }) => row(10 * from, 10 * (from + length), { filled }));
    const property = fc.asyncProperty(
      fc.uniqueArray(gap, { selector: ({ id }) => id, maxLength: 4 }),
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 16, maxLength: 16 }),
      async (gaps, order) => {
        const { journal, view, follow } = open(profileOf({ signals, window: { length: 16, hop: 8 } }));
        const lost = (number: number) =>
          gaps.some(({ fromMs, toMs, filled }) => !filled && 10 * number > fromMs && 10 * number < toMs);
        const kept = Array.from({ length: 12 }, (_, number) => number).filter((number) => !lost(number));
        const steps = [
          ...gaps.map((one) => () => journal.gap(one)),
          ...kept.map((one) => () => journal.receive(blocks([one]))),
        ];
        const shuffled = steps
          .map((step, index) => ({ step, key: order[index] ?? 0 }))
          .sort((a, b) => a.key - b.key);
        for (const { step } of shuffled) {
          step();
          await view.catchUp();
        }
        await follow();

        const touches = (fromMs: number, toMs: number) =>
          gaps.some((one) => !one.filled && one.fromMs < toMs && one.toMs > fromMs);
        const fitting = kept
          .slice(0, -1)
          .filter((number, index) => !touches(10 * number, 10 * kept[index + 1]!));

        expect(view.windows.map(({ timestampMs }) => timestampMs / 10)).toEqual(fitting);
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });
});
