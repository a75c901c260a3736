import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Gap, Sample } from '../../connectors/connector.ts';
import { readLedger, readStore } from '../../connectors/store/read-store.ts';
import { SampleStoreReader } from '../../connectors/store/sample-store-reader.ts';
import { SampleStoreWriter } from '../../connectors/store/sample-store-writer.ts';
import { silentLog } from '../../runtime/log.ts';
import { packageRoot } from '../../runtime/package-root.ts';

const LIVES = 4;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedshell-store-killed-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A writer's life until it said so often that a delivery is stored; kill -9 ends it. @returns the last it said. */
async function life(deliveries: number): Promise<number> {
  const program = join(packageRoot(), 'test/support/processes/store-writer.mjs');
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let said = -1;
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    said = Number(line);
    count += 1;
    if (count === deliveries) child.kill('SIGKILL');
  }
  await exited;
  return said;
}

describe('a store whose writer is killed again and again', () => {
  it('has every delivery that was said to be stored, once and whole, with its gaps', async () => {
    let said = -1;
    for (let count = 0; count < LIVES; count += 1) said = await life(300 + 137 * count);

    const writer = await SampleStoreWriter.open(folder, { log: silentLog });
    const newest = writer.resumePoints().get('load')?.sourceTimestampMs ?? -1;
    await writer.close();

    const samples: Sample[] = [];
    const gaps: Gap[] = [];
    for await (const batch of readStore(folder)) {
      samples.push(...batch.samples);
      gaps.push(...batch.gaps);
    }
    // The kill may come between a delivery and the word of it.
    expect([said, said + 1]).toContain(newest);
    const times = samples.filter(({ signal }) => signal === 'load').map((sample) => sample.sourceTimestampMs);
    expect(times).toEqual(Array.from({ length: newest + 1 }, (_, index) => index));
    const blocks = samples.filter(({ signal }) => signal === 'vibration');
    expect(blocks).toHaveLength(newest + 1);
    expect(
      blocks.every(
        ({ value, sourceTimestampMs }) =>
          value instanceof Float32Array &&
          value.length === 2_000 &&
          value.every((each) => each === sourceTimestampMs),
      ),
    ).toBe(true);
    expect(readLedger(folder).map(({ id }) => id)).toEqual(gaps.map(({ id }) => id));
  });

  it('is followed by its reader as if nothing had been', async () => {
    const reader = await SampleStoreReader.open(folder, { log: silentLog });
    const times: number[] = [];
    let last = Number.POSITIVE_INFINITY;
    const following = (async () => {
      for await (const { samples, end } of reader.batches()) {
        for (const { signal, sourceTimestampMs } of samples) {
          if (signal === 'load') times.push(sourceTimestampMs);
        }
        await reader.commit(end);
        if ((times.at(-1) ?? -1) >= last) break;
      }
    })();

    let said = -1;
    for (let count = 0; count < LIVES; count += 1) said = await life(200);
    const writer = await SampleStoreWriter.open(folder, { log: silentLog });
    last = said + 1;
    writer.receive([{ signal: 'load', value: 0, sourceTimestampMs: last, quality: 'good', epoch: 0 }]);
    await following;
    await writer.close();
    await reader.close();

    const distinct = [...new Set(times)];
    expect(distinct).toEqual(Array.from({ length: last + 1 }, (_, index) => index));
    // At most the one that was stored without a word has the time of the last.
    expect(times.length - distinct.length).toBeLessThanOrEqual(1);
  });
});
