import { join } from 'node:path';
import fc from 'fast-check';
import type { Sample } from '../../../connectors/connector.ts';
import type { DataProfile } from '../../../openapi/schemas.ts';
import { DataSetView } from '../../../services/trainer/data-set/data-set-view.ts';
import { Journal } from '../../../services/trainer/data-set/journal.ts';
import { arrivalsOf, ramp, sample } from './arrivals.ts';
import { profileOf } from './profile.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('the view of a data set', () => {
  const folder = temporaryFolder();
  let opened = 0;
  const journals: Journal[] = [];
  afterEach(() => {
    for (const journal of journals.splice(0)) journal.close();
  });

  function open(profile: DataProfile = profileOf()) {
    let nowMs = 1_000_000;
    const clock = () => nowMs;
    const journal = new Journal(join(folder, String(opened++)), clock);
    journals.push(journal);
    const view = new DataSetView({ journal, profile, publishingIntervalMs: 100, clock });
    const pass = (ms: number) => {
      nowMs += ms;
    };
    return { journal, view, pass };
  }

  const blocks = (count: number, label = 'healthy') =>
    Array.from({ length: count }, (_, index) =>
      arrivalsOf({ number: index + 1, timestampMs: 10 * index, samples: ramp(8 * index, 8), label }),
    );

  it('binds a block once every context signal has a value that is as new', async () => {
    const { journal, view } = open();
    const arrivals = blocks(1)[0]!;
    const withoutLoad = arrivals.filter(({ signal }) => signal !== 'load');
    journal.receive(withoutLoad);
    await view.catchUp();
    expect(view.counts().windows).toBe(0);

    journal.receive([sample('load', 2, 5)]);
    await view.catchUp();

    expect(view.counts().windows).toBe(1);
  });

  it('binds a block after two publishing intervals without a value', async () => {
    const { journal, view, pass } = open();
    journal.receive(blocks(1)[0]!.filter(({ signal }) => signal !== 'load'));
    pass(199);
    await view.catchUp();
    expect(view.counts().windows).toBe(0);

    pass(1);
    await view.catchUp();

    expect(view.counts().windows).toBe(1);
  });

  it('takes the context valid at the sourceTimestamp, never at arrival', async () => {
    const { journal, view } = open();
    const [first, second] = [blocks(1)[0]!, blocks(2)[1]!];
    // The label of the second block is there before the first block arrives.
    const changed = second.map((one) => (one.signal === 'condition' ? { ...one, value: 'worn' } : one));
    journal.receive([...changed, ...first]);

    await view.catchUp();

    expect(view.windows.map(({ label, timestampMs }) => [timestampMs, label])).toEqual([
      [0, 'healthy'],
      [10, 'worn'],
    ]);
    expect(view.counts().excludedWindows).toEqual({ 'label-change': 1 });
  });

  it('gives a block the label that comes in a later message, also if it was bound meanwhile', async () => {
    const { journal, view, pass } = open();
    const [first, second] = [blocks(1)[0]!, blocks(2)[1]!];
    journal.receive([...first, ...second.filter(({ signal }) => signal !== 'condition')]);
    pass(300);
    await view.catchUp();
    expect(view.windows.map(({ label }) => label)).toEqual(['healthy', 'healthy', 'healthy']);

    journal.receive([sample('condition', 'worn', 10)]);
    await view.catchUp();

    expect(view.windows.map(({ label }) => label)).toEqual(['healthy', 'worn']);
  });

  it('drops repeated blocks by their number and counts missing ones', async () => {
    const { journal, view } = open();
    const all = blocks(4);
    journal.receive([...all[0]!, ...all[1]!, ...all[3]!]);
    const again = arrivalsOf({ number: 2, timestampMs: 100, samples: ramp(8, 8), label: 'healthy' });
    journal.receive(again);
    await view.catchUp();

    expect(view.counts()).toMatchObject({ windows: 4, lostBlocks: 1, excludedWindows: { gap: 3 } });

    journal.receive(all[2]!);
    await view.catchUp();

    expect(view.counts()).toMatchObject({ windows: 7, lostBlocks: 0, excludedWindows: {} });
  });

  it('splits the stream of an unnumbered source at a row of the gap ledger, a numbered one only where a number misses', async () => {
    const { block: _, ...signals } = profileOf().signals;
    const unnumbered = open(profileOf({ signals }));
    const numbered = open();
    for (const { journal, view } of [unnumbered, numbered]) {
      journal.receive(blocks(2).flat());
      journal.gap({
        id: 'a',
        signal: 'vibration',
        fromMs: 0,
        toMs: 10,
        cause: 'connection-lost',
        filled: false,
      });
      await view.catchUp();
    }

    expect(unnumbered.view.counts()).toMatchObject({ windows: 2, excludedWindows: { 'connection-lost': 1 } });
    expect(numbered.view.counts()).toMatchObject({ windows: 3, excludedWindows: {} });
  });

  it('leaves out what has no label, another label, or bad quality', async () => {
    const { journal, view } = open();
    const [first, second, third] = blocks(3);
    journal.receive(first!.map((one) => (one.signal === 'condition' ? { ...one, value: '' } : one)));
    journal.receive(second!.map((one) => (one.signal === 'condition' ? { ...one, value: 'lost' } : one)));
    journal.receive(
      third!.map((one) => (one.signal === 'vibration' ? { ...one, quality: 'bad' as const } : one)),
    );

    await view.catchUp();

    // A window that would cross from one into the next counts by the first's cause.
    const excludedWindows = { unlabelled: 2, 'unknown-class': 2, 'bad-quality': 1 };
    expect(view.counts()).toMatchObject({ windows: 0, excludedWindows });
  });

  it('leaves out a block with a sample that is no number', async () => {
    const { journal, view } = open();
    const broken = Float32Array.of(1, 2, Number.NaN, 4, 5, 6, 7, 8);
    journal.receive(arrivalsOf({ number: 1, timestampMs: 0, samples: broken, label: 'healthy' }));

    await view.catchUp();

    expect(view.counts()).toMatchObject({ windows: 0, excludedWindows: { 'bad-quality': 1 } });
  });

  it('is finished when the source said so and no announced block is on its way', async () => {
    const { journal, view, pass } = open();
    const [first, second] = blocks(2);
    journal.receive(first!);
    journal.receive(second!.filter(({ signal }) => signal !== 'vibration'));
    journal.receive([sample('finished', true, 20)]);
    pass(200);
    expect(view.counts().finished).toBe(false);

    journal.receive(second!);
    pass(200);
    await view.catchUp();

    expect(view.counts()).toMatchObject({ finished: true, windows: 3 });
  });

  it('keeps the first windows up to the maximum and counts the others', async () => {
    const { journal, view } = open(profileOf({ examples: { ready: 2, maximum: 2, minimumTrain: 1 } }));
    journal.receive(blocks(3).flat());

    await view.catchUp();

    expect(view.counts()).toMatchObject({ windows: 2, excludedWindows: { 'beyond-maximum': 3 } });
  });

  it('gives the same windows whatever the order of arrival', async () => {
    const history = blocks(5).flatMap((arrivals, index) =>
      arrivals.map((one) => {
        if (one.signal === 'condition' && index >= 2) return { ...one, value: 'worn' };
        if (one.signal === 'segment' && index >= 3) return { ...one, value: 2 };
        return one;
      }),
    );
    const inOrder = await windowsOf([history]);
    const property = fc.asyncProperty(
      fc.shuffledSubarray(history, { minLength: history.length }),
      fc.integer({ min: 1, max: 9 }),
      async (arrivals, size) => {
        const deliveries: Sample[][] = [];
        for (let begin = 0; begin < arrivals.length; begin += size) {
          deliveries.push(arrivals.slice(begin, begin + size));
        }

        expect(await windowsOf(deliveries)).toEqual(inOrder);
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });

  /** What the view says in the end, having looked after each delivery. */
  async function windowsOf(deliveries: readonly Sample[][]) {
    const { journal, view, pass } = open();
    for (const delivery of deliveries) {
      journal.receive(delivery);
      pass(150);
      await view.catchUp();
    }
    pass(1000);
    await view.catchUp();
    const samples = new Float32Array(8);
    const windows = view.windows.map(({ label, lot, timestampMs, pieces }) => {
      let position = 0;
      for (const { offset, length } of pieces) {
        journal.readSamples(offset, samples.subarray(position, position + length));
        position += length;
      }
      return { label, lot, timestampMs, samples: [...samples] };
    });
    return { windows, counts: view.counts() };
  }

  it('takes a short clip whole where the profile allows it, the last one once the source has finished', async () => {
    const { journal, view, pass } = open(profileOf({ window: { length: 8, hop: 8, minimum: 4 } }));
    const clip = (segment: number, count: number) =>
      arrivalsOf({
        number: segment,
        timestampMs: 10 * segment,
        samples: ramp(0, count),
        label: 'healthy',
        segment,
      });
    journal.receive([...clip(1, 6), ...clip(2, 3), ...clip(3, 8), ...clip(4, 5)]);
    await view.catchUp();
    const lengths = () =>
      view.windows.map(({ pieces }) => pieces.reduce((sum, piece) => sum + piece.length, 0));
    expect(lengths()).toEqual([6, 8]);

    journal.receive([sample('finished', true, 50)]);
    pass(10_000);
    await view.catchUp();

    expect(lengths()).toEqual([6, 8, 5]);
    expect(view.counts()).toMatchObject({
      windows: 3,
      finished: true,
      excludedWindows: { 'short-segment': 1 },
    });
  });

  it('goes on where a source sends more of its last clip after all', async () => {
    const { journal, view, pass } = open(profileOf({ window: { length: 8, hop: 8, minimum: 4 } }));
    const block = (number: number) =>
      arrivalsOf({ number, timestampMs: 10 * number, samples: ramp(0, 5), label: 'healthy' });
    journal.receive([...block(1), sample('finished', true, 10)]);
    pass(10_000);
    await view.catchUp();
    expect(view.counts().windows).toBe(1);

    journal.receive(block(2));
    pass(10_000);
    await view.catchUp();

    expect(view.windows.map(({ pieces }) => pieces)).toEqual([[expect.objectContaining({ length: 8 })]]);
  });
});
