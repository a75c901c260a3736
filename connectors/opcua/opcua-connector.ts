import type { OpcuaSource } from '../../openapi/schemas.ts';
import type { CodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Connector, ConnectorState, Receiver, Sample } from '../connector.ts';
import { Backfill } from './backfill.ts';
import { toConnectError } from './connect-error.ts';
import { Delivery } from './delivery.ts';
import { GapLedger } from './gap-ledger.ts';
import { type Identity, openIdentity } from './identity.ts';
import { logLibraryTo } from './library-log.ts';
import type { Legacy } from './link-subscriptions.ts';
import { MachineLink } from './machine-link.ts';
import { OpcuaMetrics } from './metrics.ts';
import { steadyNowMs } from './server-status.ts';
import { groupIntervals, planSignals, type SignalPlan } from './signal-plan.ts';
import { Trust } from './trust.ts';

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 2_000;
const TICK_MS = 1_000;
const TICKS_A_FIGURE = 5;
const TICKS_A_MEASUREMENT = 30;

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

/** What lasts as long as the connector, whatever becomes of connections. */
interface Life {
  readonly receiver: Receiver;
  readonly ledger: GapLedger;
  readonly delivery: Delivery;
  readonly backfill: Backfill;
}

class OpcuaConnector implements Connector {
  readonly #source: OpcuaSource;
  readonly #pkiFolder: string;
  readonly #log: Log;
  readonly #plans: readonly SignalPlan[];
  readonly #metrics = new OpcuaMetrics();
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #link: MachineLink | undefined;
  #linkState: ConnectorState = { state: 'connecting' };
  #reported = '';
  #ticks = 0;

  constructor({ source, pkiFolder, log, signals }: OpcuaConnectorOptions) {
    this.#source = source;
    this.#pkiFolder = pkiFolder;
    this.#log = log.child({ endpoint: source.endpoint });
    this.#plans = planSignals(source, signals ?? Object.keys(source.signals));
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
    const life = this.#begin(receiver);
    const trust = new Trust({ identity, endpointUrl, rule });
    const ticking = setInterval(() => this.#tick(life), TICK_MS);
    let attempts = 0;
    let delayMs = FIRST_DELAY_MS;
    let legacy: Legacy | undefined;
    this.#setLink(life, { state: 'connecting', reason: `connecting to ${endpointUrl}` });
    while (!signal.aborted) {
      attempts += 1;
      try {
        const link = await MachineLink.open({
          ...life,
          source: this.#source,
          plans: this.#plans,
          metrics: this.#metrics,
          log: this.#log,
          identity,
          trust,
          signal,
          legacy,
          changed: (state, reason) => this.#setLink(life, stateOf(state, reason)),
        });
        first.resolve();
        delayMs = FIRST_DELAY_MS;
        this.#link = link;
        const reason = await Promise.race([link.ended, aborted(signal)]);
        legacy = link.legacy ?? legacy;
        this.#link = undefined;
        await link.close(!signal.aborted);
        if (signal.aborted) break;
        this.#metrics.relinks += 1;
        this.#log.warn({ event: 'opcua.link.ended', reason }, 'connecting anew');
        this.#setLink(life, stateOf('connecting', reason ?? 'the connection ended'));
      } catch (thrown) {
        if (signal.aborted) break;
        const error = toConnectError(thrown, endpointUrl, identity.certificateFile);
        if (attempts === 1 && !error.retryable) {
          this.#closing.abort();
          clearInterval(ticking);
          first.reject(error);
          return;
        }
        first.resolve();
        this.#setLink(life, stateOf('connecting', `${error.code}: ${error.message}`));
      }
      await sleep(delayMs * (0.9 + 0.2 * Math.random()), signal);
      delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS);
    }
    clearInterval(ticking);
    for (const gap of life.ledger.takeRows()) life.receiver.gap(gap);
    life.delivery.close();
    first.resolve();
  }

  #begin(receiver: Receiver): Life {
    const counted: Receiver = {
      receive: (samples) => receiver.receive(samples),
      gap: (gap) => {
        receiver.gap(gap);
        this.#metrics.countGap(gap);
      },
      state: (state) => receiver.state(state),
      resumePoints: () => receiver.resumePoints(),
    };
    const ledger = new GapLedger({
      signals: this.#plans.map(({ track }) => track),
      publishingIntervalsMs: groupIntervals(this.#source, this.#plans),
      resume: receiver.resumePoints(),
    });
    const life: Life = {
      receiver: counted,
      ledger,
      delivery: new Delivery(counted, this.#log, () => this.#report(life)),
      backfill: new Backfill({
        log: this.#log,
        fill: (samples, gap) => {
          this.#metrics.backfilled += samples.length;
          // Rows that precede samples stand in one write with them: neither is ever there without the other.
          deliverLoose(life.delivery, samples, [gap]);
        },
      }),
    };
    return life;
  }

  #tick(life: Life): void {
    this.#ticks += 1;
    const samples: Sample[] = [];
    if (this.#linkState.state !== 'connecting') life.ledger.age(steadyNowMs(), samples);
    const gaps = life.ledger.takeRows();
    if (samples.length + gaps.length > 0) deliverLoose(life.delivery, samples, gaps);
    if (this.#ticks % TICKS_A_MEASUREMENT === 0) this.#link?.measure((TICKS_A_MEASUREMENT * TICK_MS) / 1_000);
    if (this.#ticks % TICKS_A_FIGURE === 0) this.#report(life, true);
  }

  #setLink(life: Life, state: ConnectorState): void {
    this.#linkState = state;
    this.#report(life);
  }

  #report({ receiver, delivery, backfill }: Life, figuresToo = false): void {
    const { trouble } = delivery;
    const state: ConnectorState =
      trouble === undefined || this.#linkState.state === 'connecting'
        ? this.#linkState
        : { state: 'degraded', reason: `${trouble.code}: ${trouble.message}` };
    const text = JSON.stringify(state);
    const isNew = text !== this.#reported;
    if (!isNew && !figuresToo) return;
    this.#reported = text;
    if (isNew) this.#log.info({ event: 'opcua.state', ...state }, 'state of the machine');
    const figures = {
      ...this.#link?.figures,
      ...this.#metrics.figures(),
      backfillsWaiting: backfill.waiting,
    };
    receiver.state({ ...state, figures });
  }
}

/** Delivers what no acknowledgement waits for. */
function deliverLoose(
  delivery: Delivery,
  samples: Parameters<Delivery['deliver']>[0]['samples'],
  gaps: Parameters<Delivery['deliver']>[0]['gaps'],
): void {
  delivery.deliver({ samples, gaps, hold: () => undefined, release: () => undefined });
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
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
