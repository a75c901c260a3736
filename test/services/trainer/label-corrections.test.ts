import { join } from 'node:path';
import { type FrozenIndex, readFrozenIndex } from '../../../services/trainer/data-set/frozen-index.ts';
import type { LocalDataSet } from '../../../services/trainer/data-set/local-data-set.ts';
import { arrivalsOf, sample, toneBlock } from './arrivals.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { openDataSet, receiveTones, toneProfile } from './tone-data-set.ts';

/** How many train windows a frozen index has of each class. */
function trainLabels({ train }: FrozenIndex): number[] {
  return [0, 1].map((label) => train.labels.filter((each) => each === label).length);
}

async function frozen(dataSet: LocalDataSet, run: string): Promise<FrozenIndex> {
  return readFrozenIndex(await dataSet.frozenIndex({ run, federation: 'F', profile: toneProfile() }));
}

describe('a window', () => {
  const folder = temporaryFolder();

  it('has an id that stays, and can be named as the latest or by its lot', async () => {
    const path = join(folder, 'names');
    const first = await openDataSet(path, 'press-1');
    receiveTones(first, 20, { finished: false });
    const profile = toneProfile();
    const latest = await first.windowFeatures(profile, 'latest');
    expect(latest).toMatchObject({ window: `w${19 * 64}`, windowAt: new Date(190).toISOString() });
    receiveTones(first, 1, { from: 20, finished: false });
    expect((await first.windowFeatures(profile, 'latest')).window).toBe(`w${20 * 64}`);
    expect(await first.windowFeatures(profile, latest.window)).toEqual(latest);
    // Every fifth pair of windows is of the lot `test`, so the newest ones are 18 and 19.
    expect(await first.windowFeatures(profile, 'test')).toEqual(latest);
    await expect(first.windowFeatures(profile, 'lot-7')).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    await expect(first.windowFeatures(profile, 'w1')).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    first.close();

    const second = await openDataSet(path, 'press-1');
    expect(await second.windowFeatures(profile, latest.window)).toEqual(latest);
    second.close();
  });

  it('can be named by the value of a context signal', async () => {
    const dataSet = await openDataSet(join(folder, 'context'), 'press-1');
    receiveTones(dataSet, 3, { finished: false });
    dataSet.receive([sample('load', 4711, 30), sample('load', 4712, 40)]);
    for (const index of [3, 4]) {
      const [label, samples] = ['worn', toneBlock('worn', index, 64)] as const;
      const arrivals = arrivalsOf({
        number: index + 1,
        timestampMs: 10 * index,
        samples,
        label,
        segment: index,
      });
      dataSet.receive(arrivals.filter(({ signal }) => signal !== 'load'));
    }
    expect((await dataSet.windowFeatures(toneProfile(), '4711')).window).toBe(`w${3 * 64}`);
    dataSet.close();
  });

  it('without a label, or with one of another class, can be classified and be given one', async () => {
    const dataSet = await openDataSet(join(folder, 'unlabelled'), 'press-1');
    receiveTones(dataSet, 40, { finished: false });
    for (const [index, label] of [
      [40, ''],
      [41, 'broken'],
    ] as const) {
      const samples = toneBlock('worn', index, 64);
      dataSet.receive(
        arrivalsOf({ number: index + 1, timestampMs: 10 * index, samples, label, segment: index }),
      );
    }
    dataSet.receive([sample('finished', true, 420)]);
    const before = trainLabels(await frozen(dataSet, 'R'));
    const profile = toneProfile();
    expect((await dataSet.windowFeatures(profile, 'latest')).window).toBe(`w${41 * 64}`);
    expect(dataSet.counts(profile).excludedWindows).toEqual({ unlabelled: 1, 'unknown-class': 1 });

    const feedback = { request: 'q-1', window: `w${40 * 64}`, label: 'worn' };
    expect(await dataSet.correctLabel(profile, feedback)).toMatchObject({
      window: feedback.window,
      label: 'worn',
    });
    await dataSet.correctLabel(profile, { request: 'q-2', window: 'latest', label: 'worn' });

    expect(dataSet.counts(profile).excludedWindows).toEqual({});
    const [healthy = 0, worn = 0] = before;
    expect(trainLabels(await frozen(dataSet, 'S'))).toEqual([healthy, worn + 2]);
    dataSet.close();
  });
});

describe('a label correction', () => {
  const folder = temporaryFolder();

  it('counts from the next frozen index on, over a restart, and leaves the one of a run alone', async () => {
    const path = join(folder, 'next');
    const profile = toneProfile();
    const first = await openDataSet(path, 'press-1');
    receiveTones(first, 40);
    const before = trainLabels(await frozen(first, 'R'));
    expect(before).toEqual([16, 16]);

    await first.correctLabel(profile, { request: 'q-1', window: 'w0', label: 'worn' });

    expect(first.counts(profile).examplesPerClass).toEqual([19, 21]);
    expect(trainLabels(await frozen(first, 'R'))).toEqual(before);
    first.close();
    const second = await openDataSet(path, 'press-1');
    expect(trainLabels(await frozen(second, 'R'))).toEqual(before);
    expect(trainLabels(await frozen(second, 'S'))).toEqual([15, 17]);
    second.close();
  });

  it('is stored once for a request; the last one of a window counts', async () => {
    const dataSet = await openDataSet(join(folder, 'once'), 'press-1');
    const profile = toneProfile();
    receiveTones(dataSet, 40, { finished: false });
    const latest = { request: 'q-1', window: 'latest', label: 'healthy' };
    const stored = await dataSet.correctLabel(profile, latest);
    receiveTones(dataSet, 2, { from: 40, finished: false });
    // The job runs again after newer windows came: it means the same window.
    expect(await dataSet.correctLabel(profile, latest)).toEqual(stored);
    expect(dataSet.counts(profile).examplesPerClass).toEqual([22, 20]);
    await dataSet.correctLabel(profile, { request: 'q-2', window: stored.window, label: 'worn' });
    expect(dataSet.counts(profile).examplesPerClass).toEqual([21, 21]);
    dataSet.close();
  });

  it('must be a class of the profile and of a window that is there', async () => {
    const dataSet = await openDataSet(join(folder, 'refused'), 'press-1');
    receiveTones(dataSet, 4);
    const correct = (window: string, label: string) =>
      dataSet.correctLabel(toneProfile(), { request: 'q', window, label });
    await expect(correct('w0', 'purple')).rejects.toMatchObject({ code: 'E_INVALID_INPUT' });
    await expect(correct('w7', 'worn')).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    dataSet.close();
  });
});
