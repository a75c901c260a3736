import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { UploadPlaces } from '../../../services/aggregator/http/upload-places.ts';
import { LEAST_BYTES, withProgress } from '../../../services/aggregator/http/with-progress.ts';
import { withSignsOfLife } from '../../../services/aggregator/http/with-signs-of-life.ts';

/** Work that ends when it is told to. */
function gate(): { work: () => Promise<string>; end(): void; readonly begun: boolean } {
  let end = (_result: string): void => {};
  const promise = new Promise<string>((resolve) => {
    end = resolve;
  });
  const state = { begun: false };
  return {
    work: () => {
      state.begun = true;
      return promise;
    },
    end: () => end('done'),
    get begun() {
      return state.begun;
    },
  };
}

const here = new AbortController().signal;

describe('places for uploads', () => {
  it('admit so many, then those who wait in line, first come, first served', async () => {
    const places = new UploadPlaces({ most: 1, lineMs: 60_000 });
    const [first, second] = [gate(), gate()];

    const one = places.within(here, first.work);
    const two = places.within(here, second.work);
    const three = places.within(here, gate().work);

    await expect(three).rejects.toMatchObject({ code: 'E_TOO_MANY_UPLOADS', status: 503 });
    expect(second.begun).toBe(false);
    first.end();
    second.end();
    expect([await one, await two, places.taken]).toEqual(['done', 'done', 0]);
  });

  it('send away who waited in line for too long or has gone', async () => {
    const places = new UploadPlaces({ most: 2, lineMs: 1 });
    const holders = [gate(), gate()];
    const held = holders.map(({ work }) => places.within(here, work));
    const gone = new AbortController();

    const late = places.within(here, gate().work);
    const away = places.within(gone.signal, gate().work);
    gone.abort();

    await Promise.all([
      expect(late).rejects.toMatchObject({ details: { retryAfterSeconds: 1 } }),
      expect(away).rejects.toThrow(),
    ]);
    for (const { end } of holders) end();
    await Promise.all(held);
    expect(places.taken).toBe(0);
  });

  it('are free again when the work fails', async () => {
    const places = new UploadPlaces({ most: 1 });

    const failed = places.within(here, () => Promise.reject(new Error('broken')));

    await expect(failed).rejects.toThrow('broken');
    expect(places.taken).toBe(0);
  });
});

describe('signs of life', () => {
  it('reach who waits for the answer, until it comes', async () => {
    const work = gate();
    const server = createServer(async (_request, response) => {
      response.end(await withSignsOfLife(response, work.work, 2));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;

    const sending = request(`http://127.0.0.1:${port}`);
    const sign = new Promise<number>((resolve) =>
      sending.once('information', ({ statusCode }) => resolve(statusCode)),
    );
    const answer = new Promise<string>((resolve) =>
      sending.once('response', (response) => resolve(text(response))),
    );
    sending.end();

    expect(await sign).toBe(102);
    work.end();
    expect(await answer).toBe('done');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('progress', () => {
  async function read(source: AsyncIterable<Uint8Array>, stallMs: number): Promise<number> {
    let bytes = 0;
    for await (const chunk of withProgress(source[Symbol.asyncIterator](), stallMs))
      bytes += chunk.byteLength;
    return bytes;
  }

  it('is enough when each time of waiting brings something', async () => {
    async function* steady() {
      for (let chunk = 0; chunk < 5; chunk++) yield new Uint8Array(LEAST_BYTES);
    }

    expect(await read(steady(), 1_000)).toBe(5 * LEAST_BYTES);
  });

  it('is not enough when a byte comes now and then', async () => {
    async function* dripping() {
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        yield new Uint8Array(1);
      }
    }

    await expect(read(dripping(), 60)).rejects.toMatchObject({ code: 'E_UPDATE_TRUNCATED' });
  });
});
