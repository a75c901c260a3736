import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventStream } from '../../cli/api/event-stream.ts';
import { downloadVersion } from '../../cli/model/download-version.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedshell-api-'));
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const MODEL = Buffer.from('not a real model, but bytes with a sha256');
const SHA256 = createHash('sha256').update(MODEL).digest('hex');

/** An aggregator with one version whose file is `content`. */
const serveVersion = (content: Buffer) =>
  serve((request, response) => {
    if (request.url?.includes('/weights')) return response.end(content);
    const version = { federation: 'line', group: 'main', number: 3, sha256: SHA256, bytes: content.length };
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify([{ ...version, createdAt: '2026-01-01T00:00:00Z' }]));
  });

describe('the download of a version', () => {
  it('writes the file once its sha256 is the one on record', async () => {
    const aggregator = await serveVersion(MODEL);
    const output = join(folder, 'good.safetensors');

    const version = await downloadVersion({ aggregator }, { federation: 'line', group: 'main', output });

    expect(version.number).toBe(3);
    expect(readFileSync(output)).toEqual(MODEL);
  });

  it('leaves no file where the content is not what the record says', async () => {
    const aggregator = await serveVersion(Buffer.from('something else'));
    const output = join(folder, 'bad.safetensors');

    const download = downloadVersion({ aggregator }, { federation: 'line', group: 'main', output });

    await expect(download).rejects.toMatchObject({ code: 'E_HASH_MISMATCH' });
    expect(existsSync(output)).toBe(false);
    expect(existsSync(`${output}.partial`)).toBe(false);
  });

  it('fails with the code, the message and the faults of a problem', async () => {
    const faults = [{ path: '/rounds', message: 'must be >= 1' }];
    const aggregator = await serve((_request, response) => {
      response.writeHead(404, { 'content-type': 'application/problem+json' });
      response.end(
        JSON.stringify({
          type: 'about:blank',
          title: 'x',
          status: 404,
          code: 'E_NOT_FOUND',
          detail: 'no line',
          faults,
        }),
      );
    });

    const download = downloadVersion({ aggregator }, { federation: 'line', group: 'main', output: 'unused' });

    await expect(download).rejects.toMatchObject({ code: 'E_NOT_FOUND', message: 'no line', faults });
  });

  it('says that a server which is no aggregator is none', async () => {
    const aggregator = await serve((_request, response) => response.writeHead(418).end('a teapot'));

    const download = downloadVersion({ aggregator }, { federation: 'line', group: 'main', output: 'unused' });

    await expect(download).rejects.toMatchObject({
      code: 'E_UNREACHABLE',
      message: expect.stringContaining('418'),
    });
  });
});

describe('the event stream', () => {
  it('puts messages together that come in pieces, and goes on after the connection broke', async () => {
    let connections = 0;
    const aggregator = await serve((_request, response) => {
      connections += 1;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const text = `: comment\n\nevent: run\ndata: {"kind":"run","run":{"id":"r${connections}"}}\n\n`;
      response.write(text.slice(0, 30));
      setImmediate(() => response.end(text.slice(30)));
    });
    const stop = new AbortController();
    const seen: unknown[] = [];

    for await (const event of eventStream({ aggregator, signal: stop.signal })) {
      seen.push(event);
      if (seen.length === 2) stop.abort();
    }

    expect(seen).toEqual([
      { kind: 'run', run: { id: 'r1' } },
      { kind: 'run', run: { id: 'r2' } },
    ]);
  });
});
