import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy on 127.0.0.1 that keeps every byte sent to the server behind it, one buffer a connection. */
export interface RecordingProxy {
  readonly port: number;
  /** What clients sent so far, a buffer a connection. */
  sent(): Buffer[];
  close(): Promise<void>;
}

/** @param targetPort port on 127.0.0.1 that connections go on to; asked for at each connection. */
export async function startRecordingProxy(targetPort: () => number): Promise<RecordingProxy> {
  const streams: Buffer[][] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const chunks: Buffer[] = [];
    streams.push(chunks);
    const target = connect(targetPort(), '127.0.0.1');
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      // A reset of one side is the end of both; there is nobody to tell.
      socket.on('error', () => {
        client.destroy();
        target.destroy();
      });
    }
    client.on('data', (chunk: Buffer) => chunks.push(chunk));
    client.pipe(target);
    target.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sent: () => streams.map((chunks) => Buffer.concat(chunks)),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
