import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import type { TransferAnswer, TransferRequest } from './transfer-messages.ts';

/** Sends or fetches one large file in a process of its own, so that the bench's other work does not slow it. */

const READ_BYTES = 1024 * 1024;

process.on('disconnect', () => process.exit());
process.on('message', (asked: TransferRequest) => {
  void (asked.kind === 'upload' ? upload(asked) : download(asked)).then((answer) => process.send?.(answer));
});

async function upload({ url, headers, file, bytes }: TransferRequest): Promise<TransferAnswer> {
  const boundary = 'bench-boundary-7d1f0c';
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="fileName"\r\n\r\nmodel.bin\r\n` +
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="model.bin"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const source = await open(file);
  const startedMs = performance.now();
  const sending = request(url, {
    method: 'PUT',
    headers: {
      ...headers,
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': head.length + bytes + tail.length,
    },
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    sending.once('response', resolve).once('error', reject);
  });
  sending.write(head);
  // Two buffers in turns: one is filled while the other is on its way.
  const buffers = [Buffer.allocUnsafeSlow(READ_BYTES), Buffer.allocUnsafeSlow(READ_BYTES)];
  const sent: Promise<void>[] = [Promise.resolve(), Promise.resolve()];
  for (let position = 0, turn = 0; position < bytes; turn = 1 - turn) {
    await sent[turn];
    // There are as many buffers as turns.
    const buffer = buffers[turn] as Buffer;
    const { bytesRead } = await source.read(buffer, 0, READ_BYTES, position);
    position += bytesRead;
    sent[turn] = new Promise((resolve) => sending.write(buffer.subarray(0, bytesRead), () => resolve()));
  }
  sending.end(tail);
  const response = await answer;
  for await (const _ of response);
  await source.close();
  return { status: response.statusCode ?? 0, elapsedMs: performance.now() - startedMs, bytes };
}

async function download({ url, headers, hash }: TransferRequest): Promise<TransferAnswer> {
  const startedMs = performance.now();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { headers }).once('response', resolve).once('error', reject).end();
  });
  const sha256 = hash === true ? createHash('sha256') : undefined;
  let bytes = 0;
  await new Promise<void>((resolve, reject) => {
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      sha256?.update(chunk);
    });
    response.once('end', resolve).once('error', reject);
  });
  const elapsedMs = performance.now() - startedMs;
  const digest = sha256?.digest('hex');
  return {
    status: response.statusCode ?? 0,
    elapsedMs,
    bytes,
    ...(digest === undefined ? {} : { sha256: digest }),
  };
}
