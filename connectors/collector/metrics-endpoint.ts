import { type MetricsServer, serveMetrics } from './metrics-server.ts';

/** The address at which a collector serves its metrics, which may change while it runs. */
export class MetricsEndpoint {
  readonly #text: () => Promise<string>;
  #server: MetricsServer | undefined;

  /** @param text asked at each scrape. */
  constructor(text: () => Promise<string>) {
    this.#text = text;
  }

  /** Such as `http://127.0.0.1:9400/metrics`; undefined before it serves. */
  get url(): string | undefined {
    return this.#server?.url;
  }

  /**
   * Serves at a port from now on, and at no other; where that is not to be had, at the one before.
   * @param port 0 for any free one; undefined for that which it has, or any free one.
   * @throws CodedError `E_PORT_IN_USE`
   */
  async serve(port: number | undefined): Promise<void> {
    const before = this.#server;
    const boundPort = before === undefined ? undefined : Number(new URL(before.url).port);
    if (boundPort !== undefined && (port === undefined || port === 0 || port === boundPort)) return;
    this.#server = await serveMetrics(port ?? 0, this.#text);
    await before?.close();
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }
}
