import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A cable that a test can cut. */
export interface TcpProxy {
  readonly port: number;
  /** Connections end, new ones are refused at once. */
  cut(): void;
  /** Connections stay, what the server sends disappears. */
  swallow(): void;
  /** The connections of now stay and carry nothing, new ones are as ever. */
  freeze(): void;
  restore(): void;
  close(): Promise<void>;
}

/** Forwards connections from a free port of 127.0.0.1 to another of its ports. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let mode: 'forward' | 'cut' | 'swallow' = 'forward';
  let generation = 0;
  const server = createServer((near) => {
    if (mode === 'cut') return near.destroy();
    const far = connect(targetPort, '127.0.0.1');
    const born = generation;
    near.on('data', (data) => {
      if (born === generation) far.write(data);
    });
    far.on('data', (data) => {
      if (born === generation && mode !== 'swallow') near.write(data);
    });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const destroyAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut: () => {
      mode = 'cut';
      destroyAll();
    },
    swallow: () => {
      mode = 'swallow';
    },
    freeze: () => {
      generation += 1;
    },
    restore: () => {
      mode = 'forward';
    },
    close: async () => {
      destroyAll();
      server.close();
      await once(server, 'close');
    },
  };
}
