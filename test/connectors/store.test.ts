import fs, {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Gap, Sample } from '../../connectors/connector.ts';
import { readLedger, readStore } from '../../connectors/store/read-store.ts';
import { SampleStoreReader } from '../../connectors/store/sample-store-reader.ts';
import { type SampleStoreOptions, SampleStoreWriter } from '../../connectors/store/sample-store-writer.ts';
import type { StoreBatch, StorePosition } from '../../connectors/store/store-batch.ts';
import { readStoreState } from '../../connectors/store/store-state.ts';
import { silentLog } from '../../runtime/log.ts';
import { eventually } from '../support/eventually.ts';
import { anyDelivery, countedSamples } from './store-samples.ts';

const root = mkdtempSync(join(tmpdir(), 'fedshell-store-'));
const open = new Set<{ close(): Promise<void> }>();
let folders = 0;

afterEach(async () => {
  jest.restoreAllMocks();
  for (const each of open) await each.close();
  open.clear();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function newFolder(): string {
  folders += 1;
  return join(root, String(folders));
}

async function openWriter(
  folder: string,
  options: Partial<SampleStoreOptions> = {},
): Promise<SampleStoreWriter> {
  const writer = await SampleStoreWriter.open(folder, { log: silentLog, ...options });
  open.add(writer);
  return writer;
}

async function openReader(folder: string, from?: StorePosition): Promise<SampleStoreReader> {
  const reader = await SampleStoreReader.open(folder, { log: silentLog, ...(from && { from }) });
  open.add(reader);
  return reader;
}

async function closed(each: { close(): Promise<void> }): Promise<void> {
  await each.close();
  open.delete(each);
}

async function stored(folder: string): Promise<StoreBatch[]> {
  const batches: StoreBatch[] = [];
  for await (const batch of readStore(folder)) batches.push(batch);
  return batches;
}

async function storedSamples(folder: string): Promise<Sample[]> {
  return (await stored(folder)).flatMap((batch) => batch.samples);
}

function segments(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.segment'));
}

/** Reads until so many samples have come. */
async function take(reader: SampleStoreReader, count: number): Promise<StoreBatch[]> {
  const batches: StoreBatch[] = [];
  let samples = 0;
  for await (const batch of reader.batches()) {
    batches.push(batch);
    samples += batch.samples.length;
    if (samples >= count) break;
  }
  return batches;
}

const samplesOf = (batches: readonly StoreBatch[]): Sample[] => batches.flatMap((batch) => batch.samples);
const inside = (row: Gap, time: number): boolean => time > row.fromMs && time < row.toMs;

describe('a sample store', () => {
  it('gives back what was delivered, in its own types and in order, over segments and lives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(anyDelivery, { maxLength: 8 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 100, max: 4_000 }),
        async (lives, segmentBytes) => {
          const folder = newFolder();
          for (const deliveries of lives) {
            const writer = await openWriter(folder, { segmentBytes });
            for (const { gaps, samples } of deliveries) {
              for (const gap of gaps) writer.gap(gap);
              writer.receive(samples);
            }
            await closed(writer);
          }

          const batches = await stored(folder);

          const deliveries = lives.flat();
          expect(batches.map(({ samples }) => samples)).toEqual(deliveries.map(({ samples }) => samples));
          expect(batches.map(({ gaps }) => gaps)).toEqual(deliveries.map(({ gaps }) => gaps));
          const rows = new Map(deliveries.flatMap(({ gaps }) => gaps).map((gap) => [gap.id, gap]));
          expect(new Map(readLedger(folder).map((gap) => [gap.id, gap]))).toEqual(rows);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('holds whole deliveries only, up to the byte at which it was cut off', async () => {
    const file = '000000001.segment';
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyDelivery, { minLength: 1, maxLength: 6 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.uint8Array({ maxLength: 60 }),
        async (deliveries, part, garbage) => {
          const whole = newFolder();
          const cut = newFolder();
          const writer = await openWriter(whole);
          const ends: number[] = [];
          for (const { gaps, samples } of deliveries) {
            for (const gap of gaps) writer.gap(gap);
            writer.receive(samples);
            ends.push(statSync(join(whole, file)).size);
          }
          cpSync(join(whole, file), join(cut, file));
          await closed(writer);
          const bytes = Math.floor(part * (ends.at(-1) ?? 0));
          truncateSync(join(cut, file), bytes);
          // A power cut leaves whatever stood on the disk before.
          appendFileSync(join(cut, file), garbage);

          const next = await openWriter(cut);
          const kept = deliveries.slice(0, ends.filter((end) => end <= bytes).length);
          const newest = next.resumePoints();
          next.receive(countedSamples('load', 1, 3));
          await closed(next);

          const batches = await stored(cut);
          const held = kept.flatMap(({ samples }) => samples);
          expect(samplesOf(batches)).toEqual([...held, ...countedSamples('load', 1, 3)]);
          expect(newest).toEqual(newestOf(held));
          const rows = new Map(kept.flatMap(({ gaps }) => gaps).map((gap) => [gap.id, gap]));
          expect(new Map(readLedger(cut).map((gap) => [gap.id, gap]))).toEqual(rows);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('knows the newest of each signal after everything was consumed and deleted', async () => {
    const folder = newFolder();
    const first = await openWriter(folder, { segmentBytes: 1_000 });
    for (let index = 0; index < 50; index += 1) first.receive(countedSamples('load', index * 10, 10));
    const reader = await openReader(folder);
    const [last] = (await take(reader, 500)).slice(-1);
    await reader.commit(last?.end ?? { segment: 0, offset: 0 });
    await eventually(() => segments(folder).length <= 2, { what: 'the deletion of consumed segments' });
    await closed(first);

    const second = await openWriter(folder);

    expect(second.resumePoints().get('load')).toEqual({ sourceTimestampMs: 499, epoch: 0 });
  });

  it('belongs to one writer', async () => {
    const folder = newFolder();
    await openWriter(folder);

    await expect(SampleStoreWriter.open(folder, { log: silentLog })).rejects.toMatchObject({
      code: 'E_STATE_IN_USE',
    });
  });

  it('holds nothing of a delivery that the disk had no room for, and takes it again later', async () => {
    const folder = newFolder();
    const writer = await openWriter(folder);
    writer.receive(countedSamples('load', 0, 10));
    const write = fs.writeSync;
    const gap: Gap = {
      id: 'g',
      signal: 'new',
      fromMs: 0,
      toMs: 1,
      cause: 'sampling',
      filled: false,
      epoch: 0,
    };
    // The disk takes a part of it and is full.
    jest.spyOn(fs, 'writeSync').mockImplementation((...given: unknown[]) => {
      const [file, bytes, offset, length, position] = given as [number, Buffer, number, number, number];
      if (length <= 50) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      return write(file, bytes, offset, 50, position);
    });

    writer.gap(gap);
    for (let times = 0; times < 3; times += 1) {
      expect(() => writer.receive(countedSamples('new', 0, 10))).toThrow(
        expect.objectContaining({ code: 'E_DISK_FULL', retryable: true }),
      );
    }
    const points = writer.resumePoints();
    jest.restoreAllMocks();
    writer.receive(countedSamples('new', 0, 10));
    await closed(writer);

    expect([...points.keys()]).toEqual(['load']);
    expect(await storedSamples(folder)).toEqual([
      ...countedSamples('load', 0, 10),
      ...countedSamples('new', 0, 10),
    ]);
    expect(readLedger(folder)).toEqual([gap]);
  });

  it('tells which gaps are unfilled, also those of an earlier life', async () => {
    const folder = newFolder();
    const row = { signal: 'load', fromMs: 1, toMs: 2, cause: 'connection-lost', epoch: 0 } as const;
    const first = await openWriter(folder);
    first.gap({ ...row, id: 'open', filled: false });
    first.gap({ ...row, id: 'later', filled: false });
    first.gap({ ...row, id: 'filled', filled: true });
    await closed(first);

    const second = await openWriter(folder);
    second.gap({ ...row, id: 'later', filled: true });

    expect(second.unfilledGaps()).toEqual([{ ...row, id: 'open', filled: false }]);
  });

  it('says what state its connector is in while it is open', async () => {
    const folder = newFolder();
    const writer = await openWriter(folder);
    writer.receive(countedSamples('load', 0, 10));

    writer.state({
      state: 'degraded',
      reason: 'two of three',
      figures: { bridgeSeconds: 12, lag: Number.POSITIVE_INFINITY },
    });

    const state = await eventually(async () => {
      const each = await readStoreState(folder);
      return each?.state === 'degraded' ? each : undefined;
    });
    expect(state).toMatchObject({ reason: 'two of three', figures: { bridgeSeconds: 12 } });
    expect(state.figures).toEqual({ bridgeSeconds: 12 });
    expect(state.storedBytes).toBeGreaterThan(240);
    await closed(writer);
    expect(await readStoreState(folder)).toBeUndefined();
  });
});

describe('a reader of a sample store', () => {
  it('follows a writer through its segments, from before there is any', async () => {
    const folder = newFolder();
    const reader = await openReader(folder);
    const reading = take(reader, 3_000);
    const writer = await openWriter(folder, { segmentBytes: 2_000 });

    for (let index = 0; index < 300; index += 1) {
      writer.receive(countedSamples('load', index * 10, 10));
      if (index % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }

    expect(samplesOf(await reading)).toEqual(countedSamples('load', 0, 3_000));
  });

  it('goes on where it committed, and may be told where', async () => {
    const folder = newFolder();
    const writer = await openWriter(folder, { segmentBytes: 5_000 });
    for (let index = 0; index < 100; index += 1) writer.receive(countedSamples('load', index * 300, 300));
    const first = await openReader(folder);
    const batches = await take(first, 12_000);
    const last = batches.at(-1);
    await first.commit(last?.end ?? { segment: 0, offset: 0 });
    await closed(first);
    const read = samplesOf(batches).length;

    const second = await openReader(folder);
    const rest = samplesOf(await take(second, 30_000 - read));
    await closed(second);
    const third = await openReader(folder, batches[0]?.end);
    const told = samplesOf(await take(third, 30_000 - (batches[0]?.samples.length ?? 0)));

    expect(told).toEqual(countedSamples('load', batches[0]?.samples.length ?? 0, told.length));
    expect(told.at(-1)?.value).toBe(29_999);
    expect(rest).toEqual(countedSamples('load', read, 30_000 - read));
    expect(read).toBeGreaterThanOrEqual(12_000);
  });

  it('notes what the disk has damaged, and goes on behind it', async () => {
    const folder = newFolder();
    const writer = await openWriter(folder, { segmentBytes: 20_000 });
    for (let index = 0; index < 60; index += 1) writer.receive(countedSamples('load', index * 20, 20));
    await closed(writer);
    const file = fs.openSync(join(folder, '000000001.segment'), 'r+');
    fs.writeSync(file, Buffer.from('damaged'), 0, 7, 10_001);
    fs.closeSync(file);

    const reader = await openReader(folder);
    const batches: StoreBatch[] = [];
    for await (const batch of reader.batches()) {
      batches.push(batch);
      if (batch.samples.some(({ value }) => value === 1_199)) break;
    }

    const times = samplesOf(batches).map(({ sourceTimestampMs }) => sourceTimestampMs);
    const [row, ...others] = batches.flatMap(({ gaps }) => gaps);
    expect(others).toEqual([]);
    const lost = Array.from({ length: 1_200 }, (_, time) => time).filter((time) => !times.includes(time));
    expect(lost.length).toBeGreaterThan(200);
    expect(lost.every((time) => row !== undefined && inside(row, time))).toBe(true);
    expect(times.filter((time) => row !== undefined && inside(row, time))).toEqual([]);
    expect(row).toMatchObject({ cause: 'store-full', filled: false });
  });

  it('ends when it is closed while it waits', async () => {
    const folder = newFolder();
    const reader = await openReader(folder);
    const reading = take(reader, 1);

    await closed(reader);

    expect(await reading).toEqual([]);
  });
});

describe('the limits of a sample store', () => {
  it('drop the oldest samples that nobody consumes, and note exactly those', async () => {
    const folder = newFolder();
    const writer = await openWriter(folder, { segmentBytes: 20_000, limitBytes: 100_000 });
    // The second signal gets a piece of its past in between, as from a history.
    const delivered: Sample[] = [];
    for (let index = 0; index < 400; index += 1) {
      const samples = [
        ...countedSamples('load', index * 20, 20),
        ...countedSamples('speed', index % 2 === 0 ? 100_000 + index * 10 : index * 10, 10),
      ];
      delivered.push(...samples);
      writer.receive(samples);
    }

    await eventually(() => writer.storedBytes <= 100_000, { what: 'the drop' });
    await closed(writer);

    const held = await storedSamples(folder);
    const rows = readLedger(folder);
    expect(held.length).toBeGreaterThan(1_000);
    expect(held).toEqual(delivered.slice(-held.length));
    expect(rows.every((row) => row.cause === 'store-full' && !row.filled)).toBe(true);
    const isNoted = ({ signal, sourceTimestampMs }: Sample): boolean =>
      rows.some((row) => row.signal === signal && inside(row, sourceTimestampMs));
    expect(delivered.slice(0, -held.length).filter((sample) => !isNoted(sample))).toEqual([]);
    expect(held.filter((sample) => sample.signal === 'load' && isNoted(sample))).toEqual([]);
    // Consecutive segments make one row of a signal in its order.
    expect(rows.filter((row) => row.signal === 'load')).toHaveLength(1);
  });

  it('count as they are set while it is written', async () => {
    const folder = newFolder();
    const writer = await openWriter(folder, { limitBytes: 10_000_000 });
    for (let index = 0; index < 400; index += 1) writer.receive(countedSamples('load', index * 20, 20));
    expect(writer.storedBytes).toBeGreaterThan(60_000);

    writer.setLimits({ limitBytes: 60_000 });

    await eventually(() => writer.storedBytes <= 60_000, { what: 'the drop' });
    await closed(writer);
    expect(readLedger(folder)).toEqual([expect.objectContaining({ signal: 'load', cause: 'store-full' })]);
  });

  it('drop by age', async () => {
    const folder = newFolder();
    let nowMs = 1_000_000;
    const writer = await openWriter(folder, { segmentBytes: 2_000, maxAgeMs: 60_000, clock: () => nowMs });
    for (let index = 0; index < 10; index += 1) writer.receive(countedSamples('load', index * 100, 100));
    nowMs += 61_000;

    writer.receive(countedSamples('load', 1_000, 1));

    await eventually(() => segments(folder).length === 1, { what: 'the drop' });
    await closed(writer);
    expect(await storedSamples(folder)).toEqual(countedSamples('load', 1_000, 1));
    const [row, ...others] = readLedger(folder);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ signal: 'load', cause: 'store-full' });
    expect([-1, 0, 999, 1_000].map((time) => row !== undefined && inside(row, time))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('leave alone what a living reader is at, and what it has', async () => {
    const folder = newFolder();
    const reader = await openReader(folder);
    const writer = await openWriter(folder, { segmentBytes: 20_000, limitBytes: 60_000 });
    const delivered: Sample[] = [];
    const consumed: Sample[] = [];
    const deliver = (index: number): void => {
      const samples = countedSamples('load', index * 20, 20);
      delivered.push(...samples);
      writer.receive(samples);
    };
    for (let index = 0; index < 10; index += 1) deliver(index);
    const batches = reader.batches();
    const first = await batches.next();
    consumed.push(...(first.value?.samples ?? []));
    if (first.value !== undefined) await reader.commit(first.value.end);

    for (let index = 10; index < 400; index += 1) deliver(index);
    await eventually(() => writer.storedBytes <= 80_000, { what: 'the drop' });
    const isLeft = existsSync(join(folder, '000000001.segment'));
    for (let last = -1; last < 7_999; ) {
      const { value, done } = await batches.next();
      if (done === true) break;
      consumed.push(...value.samples);
      // What is taken and not told counts as lost if it is dropped meanwhile.
      await reader.commit(value.end);
      last = consumed.at(-1)?.sourceTimestampMs ?? last;
    }
    await batches.return();
    await closed(writer);

    const rows = readLedger(folder);
    const isNoted = ({ sourceTimestampMs }: Sample): boolean =>
      rows.some((row) => inside(row, sourceTimestampMs));
    const times = new Set(consumed.map(({ sourceTimestampMs }) => sourceTimestampMs));
    expect(consumed).toHaveLength(times.size);
    expect(consumed.filter(isNoted)).toEqual([]);
    expect(delivered.filter((each) => !times.has(each.sourceTimestampMs) && !isNoted(each))).toEqual([]);
    expect(rows).not.toEqual([]);
    expect(isLeft).toBe(true);
  });
});

function newestOf(samples: readonly Sample[]): Map<string, { sourceTimestampMs: number; epoch: number }> {
  const newest = new Map<string, { sourceTimestampMs: number; epoch: number }>();
  for (const { signal, sourceTimestampMs, epoch = 0 } of samples) {
    const known = newest.get(signal);
    const isNewer =
      known === undefined ||
      epoch > known.epoch ||
      (epoch === known.epoch && sourceTimestampMs > known.sourceTimestampMs);
    if (isNewer) newest.set(signal, { sourceTimestampMs, epoch });
  }
  return newest;
}
