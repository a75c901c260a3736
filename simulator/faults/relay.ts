import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { CodedError } from '../../runtime/errors.ts';

/** The cable between clients and a server: it can be cut, and it can fall silent. */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #mode: 'open' | 'cut' | 'silent' = 'open';
  #target: number | undefined;

  private constructor() {
    this.#server = createServer((near) => this.#accept(near));
  }

  /** Listens on a port of 127.0.0.1; 0 for any free one. @throws CodedError `E_PORT_IN_USE` */
  static async listen(port: number): Promise<Relay> {
    const relay = new Relay();
    try {
      relay.#server.listen(port, '127.0.0.1');
      await once(relay.#server, 'listening');
    } catch (cause) {
      throw new CodedError('E_PORT_IN_USE', `port ${port} of 127.0.0.1 cannot be used`, { cause });
    }
    return relay;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Where new connections go; nowhere if undefined, as where no server runs. */
  aim(port: number | undefined): void {
    this.#target = port;
  }

  /** Ends all connections and refuses new ones. */
  cut(): void {
    this.#mode = 'cut';
    this.#endAll();
  }

  /** Keeps all connections, and accepts new ones, but carries nothing: what is sent meanwhile arrives after it. */
  silence(): void {
    this.#mode = 'silent';
    for (const socket of this.#sockets) socket.pause();
  }

  /** Carries everything again. */
  restore(): void {
    this.#mode = 'open';
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#endAll();
    await once(this.#server, 'close');
  }

  #endAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(near: Socket): void {
    if (this.#mode === 'cut' || this.#target === undefined) {
      // A reset, as from a host where nobody listens.
      near.resetAndDestroy();
      return;
    }
    const far = connect(this.#target, '127.0.0.1');
    this.#carry(near, far);
    this.#carry(far, near);
  }

  #carry(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (data) => {
      if (!to.write(data)) from.pause();
    });
    to.on('drain', () => {
      if (this.#mode !== 'silent') from.resume();
    });
    from.on('error', () => undefined);
    from.on('end', () => to.end());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#mode === 'silent') from.pause();
  }
}
