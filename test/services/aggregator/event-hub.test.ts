import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import express from 'express';
import type { Event } from '../../../openapi/schemas.ts';
import { EventHub } from '../../../services/aggregator/http/event-hub.ts';
import { eventually } from '../../support/eventually.ts';

/** A version event whose file would be that many bytes long, and whose text is about 1 MB. */
function versionEvent(bytes: number): Event {
  const sha256 = 'a'.repeat(64);
  const contributors = Array.from({ length: 15_000 }, (_, index) => `participant-${index}`.padEnd(60, '-'));
  const version = { federation: 'f', group: 'main', number: 1, sha256, bytes, contributors, createdAt: '' };
  return { kind: 'version', version };
}

describe('the event stream', () => {
  it('gives a reader that was too slow the last state, not everything in between', async () => {
    const hub = new EventHub();
    const app = express();
    app.get('/', (_request, response) => hub.add(response, []));
    const server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await new Promise((resolve) => socket.once('readable', resolve));

    // The socket is not read while far more than its buffers hold is told.
    const changes = 30;
    for (let change = 1; change <= changes; change++) {
      await new Promise<void>((resolve) => {
        hub.changed('version', () => {
          resolve();
          return versionEvent(change);
        });
      });
    }
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    const seen = await eventually(() => {
      const found = [...text.matchAll(/"bytes":(\d+)/g)].map(([, bytes]) => Number(bytes));
      return found.at(-1) === changes ? found : undefined;
    });

    expect(seen.length).toBeLessThan(changes);
    hub.close();
    socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});
