import { type ChildProcess, fork } from 'node:child_process';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../../runtime/database.ts';
import { packageRoot } from '../../../runtime/package-root.ts';
import { Journal } from '../../../services/trainer/data-set/journal.ts';
import { JOURNAL_MIGRATIONS } from '../../../services/trainer/data-set/journal-tables.ts';
import { eventually } from '../../support/eventually.ts';
import { ramp, sample } from './arrivals.ts';
import { temporaryFolder } from './temporary-folder.ts';

const FIRST_PLACE = { epoch: 0, timestampMs: Number.NEGATIVE_INFINITY, position: 0 };

const at = (timestampMs: number, epoch = 0) => ({ epoch, timestampMs });

describe('a journal', () => {
  const folder = temporaryFolder();
  const blocksOf = (journal: Journal) => journal.blocksAfter('vibration', FIRST_PLACE, 100_000);

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
    expect(second.contextAt('condition', at(12))).toEqual({
      epoch: 0,
      timestampMs: 10,
      value: 'worn',
      good: true,
    });
    expect(second.contextAt('condition', at(9))).toBeUndefined();
    expect(second.latestTime('vibration')).toEqual(at(10));
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

    expect(journal.changedBefore(mark, ['vibration', 'condition'], at(10))).toBe(false);
    expect(journal.changedBefore(mark, ['vibration', 'condition', 'speed'], at(10))).toBe(true);
    journal.close();
  });

  it('keeps two epochs of a clock apart: equal timestamps are two times, and the later epoch is later', () => {
    const journal = new Journal(join(folder, 'epochs'));
    const block = (epoch: number) => ({ ...sample('vibration', ramp(0, 4), 10), epoch });
    journal.receive([sample('condition', 'worn', 10), block(0), block(1), block(0)]);
    journal.receive([{ ...sample('condition', 'healthy', 5), epoch: 1 }]);

    expect(
      blocksOf(journal).map(({ epoch, timestampMs, position }) => [epoch, timestampMs, position]),
    ).toEqual([
      [0, 10, 0],
      [1, 10, 0],
    ]);
    expect(journal.contextAt('condition', at(4, 1))).toMatchObject({ epoch: 0, value: 'worn' });
    expect(journal.contextAt('condition', at(5, 1))).toMatchObject({ epoch: 1, value: 'healthy' });
    expect(journal.latestTime('condition')).toEqual(at(5, 1));
    journal.close();
  });

  it('stores blocks of every numeric type as the numbers that they are', () => {
    const journal = new Journal(join(folder, 'types'));
    const arrays = [
      Float64Array.of(1.5, -2),
      Int8Array.of(-1, 2),
      Uint16Array.of(1, 65_535),
      Int32Array.of(-7, 8),
      BigInt64Array.of(-3n, 4n),
    ];
    journal.receive(arrays.map((value, index) => sample('vibration', value, index)));

    const stored = blocksOf(journal).map(({ offset, length, good }) => {
      const samples = new Float32Array(length);
      journal.readSamples(offset, samples);
      return good && [...samples];
    });

    expect(stored).toEqual(arrays.map((array) => Array.from(array as ArrayLike<number | bigint>, Number)));
    journal.receive([sample('counter', 2n ** 60n, 1), sample('load', Number.NaN, 1)]);
    expect(journal.contextAt('counter', at(1))).toMatchObject({ value: String(2n ** 60n), good: true });
    expect(journal.contextAt('load', at(1))?.good).toBe(false);
    journal.close();
  });

  it('replaces a row of the ledger by the one with its id, and tells what that changes', () => {
    const journal = new Journal(join(folder, 'ledger'));
    const open = {
      id: 'a',
      signal: 'vibration',
      fromMs: 10,
      toMs: 20,
      cause: 'connection-lost',
      filled: false,
    } as const;
    journal.gap(open);
    journal.gap({ ...open, id: 'b', fromMs: 40, toMs: 45, cause: 'queue-overflow' });
    const before = journal.mark();
    journal.gap({ ...open, toMs: 30 });

    // What was known up to 20 ms is as it was.
    expect(journal.changedBefore(before, ['vibration'], at(20))).toBe(false);
    expect(journal.changedBefore(before, ['vibration'], at(21))).toBe(true);
    expect(journal.gapsOf('vibration').between(at(25), at(26))?.cause).toBe('connection-lost');

    const grown = journal.mark();
    journal.gap({ ...open, toMs: 30 });
    expect(journal.mark()).toEqual(grown);
    journal.gap({ ...open, toMs: 30, filled: true });

    expect(journal.changedBefore(grown, ['vibration'], at(11))).toBe(true);
    expect(journal.gapsOf('vibration').between(at(0), at(35))).toBeUndefined();
    expect(journal.gapCounts()).toEqual({
      'connection-lost': { rows: 1, unfilled: 0, unfilledMs: 0 },
      'queue-overflow': { rows: 1, unfilled: 1, unfilledMs: 5 },
    });
    expect(journal.newestGaps().map(({ id, filled }) => [id, filled])).toEqual([
      ['b', false],
      ['a', true],
    ]);
    journal.close();
  });

  it('keeps how far a store was taken with what was taken, or neither', () => {
    const path = join(folder, 'taken');
    const journal = new Journal(path);
    const end = { segment: 1, offset: 64 };
    journal.take({ samples: [sample('vibration', ramp(0, 4), 1)], gaps: [], end });
    const broken = {
      ...sample('vibration', ramp(4, 4), 2),
      sourceTimestampMs: undefined as unknown as number,
    };
    expect(() => journal.take({ samples: [broken], gaps: [], end: { segment: 1, offset: 128 } })).toThrow();
    journal.sync();
    journal.close();

    const again = new Journal(path);

    expect(again.taken).toEqual(end);
    expect(blocksOf(again)).toHaveLength(1);
    again.close();
  });

  it('takes over a journal of before there were epochs', () => {
    const path = join(folder, 'before');
    const database = openDatabase(join(path, 'index.sqlite'), JOURNAL_MIGRATIONS.slice(0, 2));
    database.exec(
      `INSERT INTO block (signal, timestamp_ms, position, "offset", length, good, arrived_ms)
         VALUES ('vibration', 5, 0, 0, 4, 1, 9);
       INSERT INTO context (signal, timestamp_ms, value, good) VALUES ('condition', 5, '"worn"', 1);
       INSERT INTO gap (signal, from_ms, to_ms, cause) VALUES ('vibration', 5, 8, 'connection-lost')`,
    );
    database.close();
    const samples = ramp(0, 4);
    writeFileSync(join(path, 'samples.f32'), Buffer.from(samples.buffer));

    const journal = new Journal(path);

    expect(blocksOf(journal)).toMatchObject([{ epoch: 0, timestampMs: 5, length: 4, good: true }]);
    expect(journal.contextAt('condition', at(6))).toMatchObject({ value: 'worn', good: true });
    expect(journal.gapsOf('vibration').between(at(6), at(7))?.cause).toBe('connection-lost');
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
      expect(journal.contextAt('block', row)?.value).toBe(index);
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
