import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFrozenIndex } from '../../../services/trainer/data-set/frozen-index.ts';
import { findParticipantScaler } from '../../../services/trainer/data-set/scaler-file.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { openDataSet, receiveTones, toneProfile } from './tone-data-set.ts';

describe('a local data set', () => {
  const folder = temporaryFolder();

  it('is not ready before its source is finished or has enough windows', async () => {
    const dataSet = await openDataSet(join(folder, 'not-ready'), 'press-1');
    receiveTones(dataSet, 39, { finished: false });

    const frozen = dataSet.frozenIndex({ run: 'R', federation: 'F', profile: toneProfile() });

    await expect(frozen).rejects.toMatchObject({ code: 'E_NOT_READY' });
    dataSet.close();
  });

  it('does not train on too few train windows', async () => {
    const dataSet = await openDataSet(join(folder, 'too-few'), 'press-1');
    receiveTones(dataSet, 2);

    const frozen = dataSet.frozenIndex({ run: 'R', federation: 'F', profile: toneProfile() });

    await expect(frozen).rejects.toMatchObject({ code: 'E_TOO_FEW_EXAMPLES' });
    dataSet.close();
  });

  it('freezes the examples of a run once: new data and a restart change nothing', async () => {
    const path = join(folder, 'frozen');
    const request = { run: 'R', federation: 'F', profile: toneProfile() };
    const first = await openDataSet(path, 'press-1');
    receiveTones(first, 40, { finished: false });
    const file = await first.frozenIndex(request);
    const bytes = readFileSync(file);
    receiveTones(first, 20, { from: 40 });
    first.close();

    const second = await openDataSet(path, 'press-1');
    const again = await second.frozenIndex(request);
    const later = await second.frozenIndex({ ...request, run: 'S' });

    expect(readFileSync(again)).toEqual(bytes);
    expect((await readFrozenIndex(again)).train.count).toBe(32);
    expect((await readFrozenIndex(later)).train.count).toBe(48);
    second.close();
  });

  it('fits the scaler on train windows only and keeps it for the offline evaluation', async () => {
    const path = join(folder, 'participants', 'press-1');
    const dataSet = await openDataSet(path, 'press-1');
    receiveTones(dataSet, 40);

    const { train, scaler, featureShape } = await readFrozenIndex(
      await dataSet.frozenIndex({ run: 'R', federation: 'F', profile: toneProfile() }),
    );

    const featureCount = featureShape[0]!;
    let sum = 0;
    for (let row = 0; row < train.count; row += 1) sum += train.features[row * featureCount]!;
    expect(scaler.mean[0]).toBeCloseTo(sum / train.count, 10);
    expect(await findParticipantScaler(folder, 'press-1', toneProfile())).toEqual(scaler);
    expect(await findParticipantScaler(folder, 'press-2', toneProfile())).toBeUndefined();
    dataSet.close();
  });

  it('uses equal examples of two runs from one file and forgets those of earlier runs', async () => {
    const path = join(folder, 'runs');
    const dataSet = await openDataSet(path, 'press-1');
    receiveTones(dataSet, 40);
    const request = { federation: 'F', profile: toneProfile() };
    const first = await dataSet.frozenIndex({ ...request, run: 'R' });
    const second = await dataSet.frozenIndex({ ...request, run: 'S' });
    await dataSet.forgetOtherRuns('F', 'S');
    expect(second).toBe(first);
    expect(readdirSync(join(path, 'frozen'))).toHaveLength(1);

    receiveTones(dataSet, 20, { from: 40 });
    await dataSet.frozenIndex({ ...request, run: 'T' });
    await dataSet.forgetOtherRuns('F', 'T');

    expect(readdirSync(join(path, 'frozen'))).toHaveLength(1);
    dataSet.close();
  });

  it('counts at a cost of what is new', async () => {
    const dataSet = await openDataSet(join(folder, 'counts'), 'press-1');
    receiveTones(dataSet, 40);

    expect(dataSet.counts(toneProfile())).toEqual({
      windows: 40,
      trainExamples: 32,
      testExamples: 8,
      examplesPerClass: [20, 20],
      excludedWindows: {},
      lostBlocks: 0,
      finished: true,
    });
    dataSet.close();
  });
});
