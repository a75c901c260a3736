import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { FileSender } from '../../../services/trainer/file-sender.ts';
import { eventually } from '../../support/eventually.ts';

let server: Server;
let url: string;
let connections = 0;
let openSockets = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/refused') {
      response.writeHead(409).end('no');
      return;
    }
    if (request.url === '/never') return;
    let bytes = 0;
    request.on('data', (chunk: Uint8Array) => {
      bytes += chunk.byteLength;
    });
    request.on('end', () => response.end(String(bytes)));
  });
  server.on('connection', (socket) => {
    connections += 1;
    openSockets += 1;
    socket.on('close', () => {
      openSockets -= 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const headersOf = (bytes: number) => ({ 'content-length': String(bytes) });

/** A body that is longer than what buffers take, and that ends only when it is destroyed. */
function endless(): Readable {
  return new Readable({
    read() {
      this.push(Buffer.alloc(65_536));
    },
  });
}

describe('a sender of files', () => {
  it('returns an answer that comes before the body was sent', async () => {
    const body = endless();

    const answer = await new FileSender().put(
      `${url}/refused`,
      headersOf(2 ** 40),
      body,
      new AbortController().signal,
    );

    expect(answer).toEqual({ status: 409, text: 'no' });
    body.destroy();
    await eventually(() => openSockets === 0);
  });

  it('sends bytes and streams over one connection', async () => {
    const sender = new FileSender();
    const { signal } = new AbortController();
    const before = connections;

    const first = await sender.put(url, headersOf(5), Buffer.from('12345'), signal);
    const second = await sender.put(url, headersOf(3), Readable.from([Buffer.from('123')]), signal);

    expect([first, second]).toEqual([
      { status: 200, text: '5' },
      { status: 200, text: '3' },
    ]);
    expect(connections - before).toBe(1);
  });

  it('fails when it is called off, when the body fails and when nobody listens', async () => {
    const abort = new AbortController();
    const { signal } = new AbortController();
    const broken = new Readable({
      read() {
        this.destroy(new Error('broken'));
      },
    });

    const calledOff = new FileSender().put(`${url}/never`, headersOf(1), Buffer.from('1'), abort.signal);
    abort.abort();
    const failed = new FileSender().put(url, headersOf(1), broken, signal);
    const unheard = new FileSender().put('http://127.0.0.1:1', headersOf(1), Buffer.from('1'), signal);

    await Promise.all([
      expect(calledOff).rejects.toThrow('abort'),
      expect(failed).rejects.toThrow('broken'),
      expect(unheard).rejects.toThrow('ECONNREFUSED'),
    ]);
  });
});
