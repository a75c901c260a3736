import { join } from 'node:path';
import { SampleStoreWriter } from '../../../connectors/store/sample-store-writer.ts';
import { silentLog } from '../../../runtime/log.ts';
import { LocalDataSet } from '../../../services/trainer/data-set/local-data-set.ts';
import { StoreCollection } from '../../../services/trainer/store-collection.ts';
import { eventually } from '../../support/eventually.ts';

import { arrivalsOf, ramp } from './arrivals.ts';
import { profileOf } from './profile.ts';
import { temporaryFolder } from './temporary-folder.ts';

const PROFILE = profileOf({ window: { length: 8, hop: 8 } });

describe('the collection out of a sample store', () => {
  const folder = temporaryFolder();
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function openWriter(name: string): Promise<SampleStoreWriter> {
    const writer = await SampleStoreWriter.open(join(folder, name, 'store'), { log: silentLog });
    closing.push(() => writer.close());
    return writer;
  }

  async function openTrainer(name: string) {
    const dataSet = await LocalDataSet.open({
      participant: 'press-1',
      folder: join(folder, name, 'data'),
      publishingIntervalMs: 0,
    });
    const collection = new StoreCollection({
      storeFolder: join(folder, name, 'store'),
      dataSet,
      log: silentLog,
    });
    collection.start();
    const close = async () => {
      await collection.close();
      dataSet.close();
    };
    return { dataSet, collection, close };
  }

  const block = (number: number) =>
    arrivalsOf({ number, timestampMs: 10 * number, samples: ramp(8 * number, 8), label: 'healthy' });
  const windows = (dataSet: LocalDataSet) => dataSet.counts(PROFILE).windows;

  it('takes what was collected before it, meanwhile, and while it was away, each once', async () => {
    const writer = await openWriter('away');
    writer.receive(block(0));
    const first = await openTrainer('away');
    writer.receive(block(1));
    await eventually(() => windows(first.dataSet) === 2, { what: 'two windows' });
    await first.close();
    writer.receive(block(2));

    const second = await openTrainer('away');
    closing.push(second.close);
    await eventually(() => windows(second.dataSet) === 3, { what: 'the third window' });
    writer.receive(block(3));

    await eventually(() => windows(second.dataSet) === 4, { what: 'the fourth window' });
    expect(second.dataSet.counts(PROFILE)).toMatchObject({ lostBlocks: 0, excludedWindows: {} });
  });

  it('moves the gap ledger, and what became of a row', async () => {
    const writer = await openWriter('ledger');
    const { dataSet, close } = await openTrainer('ledger');
    closing.push(close);
    const gap = { id: 'a', signal: 'vibration', fromMs: 0, toMs: 40, cause: 'client-down' } as const;
    writer.receive(block(0));
    writer.gap({ ...gap, filled: false });
    writer.receive(block(4));
    await eventually(() => windows(dataSet) === 2, { what: 'two windows' });
    expect(dataSet.counts(PROFILE).excludedWindows).toEqual({ 'client-down': 3 });
    expect(dataSet.gapCounts()).toEqual({ 'client-down': { rows: 1, unfilled: 1, unfilledMs: 40 } });

    writer.receive([1, 2, 3].flatMap(block));
    writer.gap({ ...gap, filled: true });

    await eventually(() => windows(dataSet) === 5, { what: 'all windows' });
    await eventually(() => dataSet.gapCounts()['client-down']?.unfilled === 0, { what: 'the filled row' });
    expect(dataSet.counts(PROFILE).excludedWindows).toEqual({});
  });

  it('says what the collector says of the machine, and when there is none', async () => {
    const { collection, close } = await openTrainer('state');
    closing.push(close);
    await eventually(() => collection.reason?.includes('collector'), { what: 'the reason' });

    const writer = await openWriter('state');
    writer.state({ state: 'degraded', reason: 'bridges 3 s', figures: { bridgeSeconds: 3 } });
    await eventually(() => collection.reason === 'bridges 3 s', { what: 'the state' });
    expect(collection.state?.figures).toEqual({ bridgeSeconds: 3 });

    writer.state({ state: 'connected' });
    await eventually(() => collection.reason === undefined, { what: 'the connection' });
  });
});
