import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UpdateStore } from '../../../services/trainer/update-store.ts';

const KEY = { run: 'R', round: 1, roundAttempt: 1, participant: 'press-1' };
const SIZES = { small: 1000, large: 600_000 };

let folder: string;
let updates: UpdateStore;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'update-store-'));
  updates = await UpdateStore.open(folder);
});

afterEach(() => {
  updates.close();
  rmSync(folder, { recursive: true, force: true });
});

function keep(content: Uint8Array) {
  return updates.keep(KEY, 'federation', async (file) => writeFileSync(file, content));
}

describe('the store of finished updates', () => {
  it.each(Object.entries(SIZES))('finds a %s update after a restart', async (_name, bytes) => {
    const content = new Uint8Array(bytes).fill(7);
    const sha256 = createHash('sha256').update(content).digest('hex');

    const kept = await keep(content);
    updates.close();
    updates = await UpdateStore.open(folder);
    const found = updates.find(KEY);

    expect(kept).toMatchObject({ sha256, bytes });
    expect(found).toMatchObject({ sha256, bytes, path: kept.path });
    expect(readdirSync(join(folder, 'work'))).toEqual([]);
  });

  it('does not send a small update that a power cut damaged', async () => {
    const { path } = await keep(new Uint8Array(SIZES.small).fill(7));

    writeFileSync(path, new Uint8Array(SIZES.small));

    expect(updates.find(KEY)).toBeUndefined();
  });

  it('forgets earlier rounds and other runs with their files', async () => {
    await keep(new Uint8Array(SIZES.small).fill(7));

    await updates.forgetBefore({ ...KEY, round: 2 }, 'federation');

    expect(updates.find(KEY)).toBeUndefined();
    expect(readdirSync(join(folder, 'updates'))).toEqual([]);
  });
});
