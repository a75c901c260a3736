import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** The cable between a connector and a machine. */
export interface Cable {
  readonly port: number;
  /** Connections end and new ones are refused. */
  cut(): void;
  /** Connections stay, new ones are taken, and no byte passes in either direction: a black hole. */
  swallow(): void;
  /** Mends it; what a black hole kept arrives now. */
  mend(): void;
  close(): Promise<void>;
}

/**
 * Forwards connections from a free port of 127.0.0.1 to another of its ports. A black hole keeps the bytes and passes
 * them on when it is mended, as TCP's repetitions do.
 */
export async function layCable(targetPort: number): Promise<Cable> {
  const sockets = new Set<Socket>();
  let mode: 'whole' | 'cut' | 'hole' = 'whole';
  const server = createServer({ noDelay: true }, (near) => {
    if (mode === 'cut') {
      near.destroy();
      return;
    }
    const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on('data', (bytes) => {
        if (!to.write(bytes)) {
          from.pause();
          to.once('drain', () => {
            if (mode !== 'hole') from.resume();
          });
        }
      });
      if (mode === 'hole') from.pause();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut: () => {
      mode = 'cut';
      for (const socket of sockets) socket.destroy();
    },
    swallow: () => {
      mode = 'hole';
      for (const socket of sockets) socket.pause();
    },
    mend: () => {
      mode = 'whole';
      for (const socket of sockets) socket.resume();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
