import { type FileHandle, open } from 'node:fs/promises';
import type { Response } from 'express';

const BLOCK_BYTES = 256 * 1024;

/**
 * Sends a whole file after headers that are set. Two buffers take turns, one on its way to the caller while the other is
 * read: a stream would allocate the file's length in new ones, and collecting them takes longer than the sending.
 */
export async function streamFile(response: Response, path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    response.setHeader('Accept-Ranges', 'bytes');
    response.setHeader('Content-Length', (await file.stat()).size);
    await sendBlocks(response, file);
    response.end();
  } finally {
    await file.close();
  }
}

async function sendBlocks(response: Response, file: FileHandle): Promise<void> {
  const buffers = [Buffer.allocUnsafeSlow(BLOCK_BYTES), Buffer.allocUnsafeSlow(BLOCK_BYTES)];
  const sent: Promise<void>[] = [];
  const gone = new Promise<void>((resolve) => response.once('close', resolve));
  for (let turn = 0; ; turn = 1 - turn) {
    // A caller that went away takes nothing any more, and no buffer ever comes back.
    await Promise.race([sent[turn], gone]);
    if (response.destroyed) return;
    // There are as many buffers as turns.
    const buffer = buffers[turn] as Buffer;
    const { bytesRead } = await file.read(buffer, 0, BLOCK_BYTES);
    if (bytesRead === 0) break;
    sent[turn] = new Promise((resolve) => response.write(buffer.subarray(0, bytesRead), () => resolve()));
  }
  await Promise.race([Promise.all(sent), gone]);
}
