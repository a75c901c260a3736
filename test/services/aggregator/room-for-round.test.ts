import { strategyOf } from '../../../learning/strategies/index.ts';
import { lacksRoom } from '../../../services/aggregator/runs/room-for-round.ts';
import type { Store } from '../../../services/aggregator/store/store.ts';
import { Stage } from './support/stage.ts';

const settings = { leastFreeBytes: 2 ** 60 };
let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open(settings);
});

afterAll(() => stage.close());

describe('room for a round', () => {
  // Of the store nothing else is asked.
  const disk = (freeBytes: number) => ({ freeBytes: () => freeBytes }) as Store;
  const modelBytes = 1_000_000;

  it('is that of the updates, the next version and what comes of the reduction', () => {
    const strategy = strategyOf({ key: 'median' });

    const enough = lacksRoom({ store: disk(12_000_000), leastFreeBytes: 0 }, strategy, modelBytes, 10);
    const tooLittle = lacksRoom({ store: disk(11_999_999), leastFreeBytes: 0 }, strategy, modelBytes, 10);

    expect(enough).toBeUndefined();
    expect(tooLittle).toEqual({
      kind: 'room',
      waitsFor: 'E_DISK_FULL: the updates of 10 participants may take 12 MB; the disk has 12 MB',
    });
  });

  it('leaves what is to stay free', () => {
    const strategy = strategyOf({ key: 'fed-avg' });

    const waits = lacksRoom({ store: disk(12_000_000), leastFreeBytes: 1 }, strategy, modelBytes, 10);

    expect(waits?.waitsFor).toMatch('and 0.0 MB are to stay free');
  });

  it('is waited for, with its reason, and the run goes on once it is there', async () => {
    const token = await stage.create('full', { rounds: 1 });
    await stage.trainer('full', ['full-1', 'full-2']).start(token);

    const run = await stage.startRun('full');
    const waiting = await stage.until(run, ({ state }) => state === 'waiting');
    settings.leastFreeBytes = 0;
    await stage.restart();

    expect(waiting.reason).toMatch(/^E_DISK_FULL: the updates of 2 participants may take/);
    expect(waiting.rounds).toEqual([]);
    expect((await stage.ended(run)).state).toBe('completed');
  });
});
