import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { FileStore } from '../../runtime/file-store.ts';
import { printFigure } from '../support/figure.ts';
import type { Spool } from './spool.ts';

const MOST_UPDATES = 10;

/** GB/s from a socket through the hash into a synced file of the store, one upload after the other. */
export async function measureIngest(folder: string, spool: Spool): Promise<void> {
  const target = mkdtempSync(join(folder, 'ingest-'));
  const store = await FileStore.open(target);
  let stored: Promise<unknown> = Promise.resolve();
  const server = createServer((socket) => {
    stored = store.put(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on a port');
  const files = spool.files.slice(0, MOST_UPDATES);
  const startMs = performance.now();
  for (const { path } of files) {
    const socket = connect(address.port, '127.0.0.1');
    createReadStream(path, { highWaterMark: 1 << 18 }).pipe(socket);
    await new Promise((resolve, reject) => socket.once('close', resolve).once('error', reject));
    await stored;
  }
  const tookMs = performance.now() - startMs;
  const bytes = files.reduce((sum, { path }) => sum + statSync(path).size, 0);
  server.close();
  rmSync(target, { recursive: true, force: true });
  printFigure({
    name: `aggregation/exact-${spool.name}/ingest`,
    value: bytes / tookMs / 1e6,
    unit: 'GB/s',
    uploads: files.length,
    sender: 'same process',
  });
}
