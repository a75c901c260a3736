import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore } from '../../runtime/file-store.ts';

async function* chunks(...parts: string[]) {
  for (const part of parts) yield Buffer.from(part);
}

async function text(content: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of content) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe('a file store', () => {
  const sha256 = createHash('sha256').update('model weights').digest('hex');
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fedshell-store-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('names what it stores by its sha256 and gives it back', async () => {
    const store = await FileStore.open(folder);
    await expect(store.put(chunks('model ', 'weights'))).resolves.toEqual({ sha256, bytes: 13 });
    expect(store.has(sha256)).toBe(true);
    expect(await text(await store.read(sha256))).toBe('model weights');
    expect(await text(await store.read(sha256, { start: 6, end: 8 }))).toBe('wei');
  });

  it('stores the same content once', async () => {
    const store = await FileStore.open(folder);
    await Promise.all([store.put(chunks('model weights')), store.put(chunks('model', ' weights'))]);
    expect(readdirSync(folder)).toEqual([sha256]);
  });

  it('keeps nothing of content with another hash, of too much or of a stream that breaks', async () => {
    const store = await FileStore.open(folder);
    async function* breaking() {
      yield Buffer.from('half');
      throw new Error('connection reset');
    }
    await expect(store.put(chunks('other'), { expectedSha256: sha256 })).rejects.toMatchObject({
      code: 'E_HASH_MISMATCH',
    });
    await expect(store.put(chunks('1234', '5'), { maximumBytes: 4 })).rejects.toMatchObject({
      code: 'E_UPDATE_TOO_LARGE',
    });
    await expect(store.put(breaking())).rejects.toThrow('connection reset');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('removes what a killed process left half written', async () => {
    writeFileSync(join(folder, 'left.partial'), 'half');
    await FileStore.open(folder);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('lets nothing but a hash become a path, and says what it does not have', async () => {
    const store = await FileStore.open(folder);
    expect(() => store.path('../../etc/passwd')).toThrow(RangeError);
    await expect(store.read(sha256)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });
});
