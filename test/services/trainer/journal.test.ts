import { type ChildProcess, fork } from 'node:child_process';
import { appendFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../runtime/package-root.ts';
import { Journal } from '../../../services/trainer/data-set/journal.ts';
import { eventually } from '../../support/eventually.ts';
import { ramp, sample } from './arrivals.ts';
import { temporaryFolder } from './temporary-folder.ts';

const BEFORE_ALL = { timestampMs: Number.NEGATIVE_INFINITY, position: 0 };

describe('a journal', () => {
  const folder = temporaryFolder();
  const blocksOf = (journal: Journal) => journal.blocksAfter('vibration', BEFORE_ALL, 100_000);

  it('gives back after a restart what it received', () => {
    const path = join(folder, 'restart');
    const first = new Journal(path, () => 1);
    first.receive([sample('condition', 'worn', 10), sample('vibration', ramp(0, 4), 10)]);
    first.close();

    const second = new Journal(path, () => 2);

    const [row] = blocksOf(second);
    const samples = new Float32Array(4);
    second.readSamples(row!.offset, samples);
    expect(samples).toEqual(ramp(0, 4));
    expect(second.contextAt('condition', 12)).toEqual({ timestampMs: 10, value: 'worn', good: true });
    expect(second.contextAt('condition', 9)).toBeUndefined();
    expect(second.latestTimestampMs('vibration')).toBe(10);
    second.close();
  });

  it('stores a repeated segment once, and two blocks of one sourceTimestamp twice', () => {
    const journal = new Journal(join(folder, 'repeated'));
    const segment = [sample('vibration', ramp(0, 4), 1), sample('vibration', ramp(4, 4), 2)];
    journal.receive(segment);
    journal.receive([...segment, sample('vibration', ramp(8, 4), 2)]);

    const places = blocksOf(journal).map(({ timestampMs, position }) => [timestampMs, position]);

    expect(places).toEqual([
      [1, 0],
      [2, 0],
      [2, 1],
    ]);
    journal.close();
  });

  it('drops what a kill left behind the last stored block', () => {
    const path = join(folder, 'torn');
    const first = new Journal(path);
    first.receive([sample('vibration', ramp(0, 4), 1)]);
    first.close();
    appendFileSync(join(path, 'samples.f32'), Buffer.alloc(7, 255));

    const second = new Journal(path);
    second.receive([sample('vibration', ramp(4, 4), 2)]);

    const samples = new Float32Array(4);
    second.readSamples(blocksOf(second)[1]!.offset, samples);
    expect(samples).toEqual(ramp(4, 4));
    second.close();
  });

  it('takes a block whose samples a power cut took as not arrived', () => {
    const path = join(folder, 'power-cut');
    const first = new Journal(path);
    first.receive([sample('vibration', ramp(0, 4), 1), sample('vibration', ramp(4, 4), 2)]);
    first.close();
    truncateSync(join(path, 'samples.f32'), 20);

    const second = new Journal(path);
    expect(blocksOf(second)).toHaveLength(1);
    second.receive([sample('vibration', ramp(4, 4), 2)]);

    const samples = new Float32Array(4);
    second.readSamples(blocksOf(second)[1]!.offset, samples);
    expect(samples).toEqual(ramp(4, 4));
    second.close();
  });

  it('knows what arrives later than newer blocks', () => {
    const journal = new Journal(join(folder, 'late'));
    journal.receive([sample('vibration', ramp(0, 4), 10)]);
    const mark = journal.mark();
    journal.receive([sample('condition', 'worn', 11), sample('speed', 3, 5)]);

    expect(journal.changedBefore(mark, ['vibration', 'condition'], 10)).toBe(false);
    expect(journal.changedBefore(mark, ['vibration', 'condition', 'speed'], 10)).toBe(true);
    journal.close();
  });

  it('loses no received delivery when its process is killed', async () => {
    const path = join(folder, 'killed');
    const received = await receiveUntilKilled(path);

    const journal = new Journal(path);

    const rows = blocksOf(journal);
    expect(rows.length).toBeGreaterThanOrEqual(received);
    const samples = new Float32Array(64);
    rows.forEach((row, index) => {
      journal.readSamples(row.offset, samples);
      expect(samples[0]).toBe(index);
      expect(samples[63]).toBe(index);
      expect(journal.contextAt('block', row.timestampMs)?.value).toBe(index);
    });
    journal.close();
  });
});

/** Lets a process of its own receive deliveries and kills it in the middle. @returns how many it had acknowledged. */
async function receiveUntilKilled(path: string): Promise<number> {
  const writer = join(packageRoot(), 'test', 'services', 'trainer', 'journal-writer.mjs');
  const child: ChildProcess = fork(writer, [path], { execArgv: [] });
  let received = 0;
  child.on('message', (count) => {
    received = Number(count);
  });
  await eventually(() => received > 300, { what: 'the deliveries' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  return received;
}
