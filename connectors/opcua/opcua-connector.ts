import type { OpcuaSource } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Connector, ConnectorState, Receiver } from '../connector.ts';
import { toConnectError } from './connect-error.ts';
import { Delivery } from './delivery.ts';
import { GapLedger } from './gap-ledger.ts';
import { type Identity, openIdentity } from './identity.ts';
import { logLibraryTo } from './library-log.ts';
import { MachineLink } from './machine-link.ts';
import { Trust } from './trust.ts';

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 2_000;

/** What a connector to an OPC UA server is made of. */
export interface OpcuaConnectorOptions {
  readonly source: OpcuaSource;
  /** Folder of our certificate and the trusted ones; connectors of one trainer share it. */
  readonly pkiFolder: string;
  readonly log: Log;
  /** Signals to collect, all of the source by default. */
  readonly signals?: readonly string[];
}

/**
 * Makes a connector that collects signals from one OPC UA server. `open` returns after the first attempt: connected, or
 * with an absent server that it goes on trying to reach.
 * @throws CodedError `E_INVALID_INPUT` for a signal that the source does not have.
 */
export function createOpcuaConnector(options: OpcuaConnectorOptions): Connector {
  logLibraryTo(options.log);
  return new OpcuaConnector(options);
}

class OpcuaConnector implements Connector {
  readonly #source: OpcuaSource;
  readonly #pkiFolder: string;
  readonly #log: Log;
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #link: ConnectorState = { state: 'connecting' };
  #reported = '';

  constructor({ source, pkiFolder, log, signals }: OpcuaConnectorOptions) {
    this.#source = source;
    this.#pkiFolder = pkiFolder;
    this.#log = log.child({ endpoint: source.endpoint });
    const names = signals ?? Object.keys(source.signals);
    const faults = names
      .filter((name) => source.signals[name] === undefined)
      .map((name) => ({ path: name, message: 'is not among the signals of the source' }));
    if (faults.length > 0) {
      throw new CodedError('E_INVALID_INPUT', `the source ${source.endpoint} lacks signals`, { faults });
    }
    this.#addresses = new Map(names.map((name) => [name, source.signals[name]?.node ?? '']));
  }

  async open(receiver: Receiver): Promise<void> {
    if (this.#running !== undefined) throw new TypeError('a connector opens once');
    const identity = await openIdentity(this.#pkiFolder);
    await new Promise<void>((resolve, reject) => {
      this.#running = this.#run(receiver, identity, { resolve, reject });
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(
    receiver: Receiver,
    identity: Identity,
    first: { resolve: () => void; reject: (error: CodedError) => void },
  ): Promise<void> {
    const { signal } = this.#closing;
    const { endpoint: endpointUrl, trust: rule } = this.#source;
    const ledger = new GapLedger(this.#addresses.keys());
    const delivery = new Delivery(receiver, this.#log, () => this.#report(receiver, delivery));
    const report = (state: ConnectorState) => {
      this.#link = state;
      this.#report(receiver, delivery);
    };
    const trust = new Trust({ identity, endpointUrl, rule });
    let attempts = 0;
    let delayMs = FIRST_DELAY_MS;
    report({ state: 'connecting', reason: `connecting to ${endpointUrl}` });
    while (!signal.aborted) {
      attempts += 1;
      try {
        const link = await MachineLink.open({
          source: this.#source,
          addresses: this.#addresses,
          identity,
          trust,
          ledger,
          delivery,
          log: this.#log,
          signal,
          changed: (state, reason) => report(stateOf(state, reason)),
        });
        first.resolve();
        delayMs = FIRST_DELAY_MS;
        const closing = new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
        const reason = await Promise.race([link.ended, closing]);
        await link.close();
        if (signal.aborted) break;
        this.#log.warn({ event: 'opcua.link.ended', reason }, 'connecting anew');
        ledger.interrupted('subscription-recreated');
        report(stateOf('connecting', reason ?? 'the connection ended'));
      } catch (thrown) {
        if (signal.aborted) break;
        const error = toConnectError(thrown, endpointUrl, identity.certificateFile);
        if (attempts === 1 && !error.retryable) {
          this.#closing.abort();
          first.reject(error);
          return;
        }
        first.resolve();
        // The attempt may have got as far as a subscription and some values.
        ledger.interrupted('subscription-recreated');
        report(stateOf('connecting', `${error.code}: ${error.message}`));
      }
      await sleep(delayMs * (0.9 + 0.2 * Math.random()), signal);
      delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS);
    }
    for (const gap of ledger.unfinished()) receiver.gap(gap);
    delivery.close();
    first.resolve();
  }

  #report(receiver: Receiver, delivery: Delivery): void {
    const { trouble } = delivery;
    const state: ConnectorState =
      trouble === undefined || this.#link.state === 'connecting'
        ? this.#link
        : { state: 'degraded', reason: `${trouble.code}: ${trouble.message}` };
    const text = JSON.stringify(state);
    if (text === this.#reported) return;
    this.#reported = text;
    this.#log.info({ event: 'opcua.state', ...state }, 'state of the machine');
    receiver.state(state);
  }
}

/** A connection that is worse than asked for is degraded. */
function stateOf(state: 'connected' | 'connecting', reason?: string): ConnectorState {
  if (reason === undefined) return { state };
  return { state: state === 'connected' ? 'degraded' : 'connecting', reason };
}

function sleep(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    signal.addEventListener('abort', done, { once: true });
  });
}
