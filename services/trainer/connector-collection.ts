import type { Connector, ConnectorState, Receiver } from '../../connectors/connector.ts';
import { type CodedError, describeError, toCodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { type Collection, REOPEN_DELAY_MS } from './collection.ts';
import type { LocalDataSet } from './data-set/local-data-set.ts';

interface ConnectorCollectionOptions {
  readonly connect: () => Promise<Connector>;
  /** Names of the signals that the connector delivers. */
  readonly signals: readonly string[];
  readonly dataSet: LocalDataSet;
  readonly log: Log;
}

/** Collects by a connector in this process: what plays recordings needs no process of its own. */
export class ConnectorCollection implements Collection {
  readonly #options: ConnectorCollectionOptions;
  readonly #log: Log;
  #connector: Connector | undefined;
  #state: ConnectorState = { state: 'connecting' };
  #timer: NodeJS.Timeout | undefined;
  #opening: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: ConnectorCollectionOptions) {
    this.#options = options;
    this.#log = options.log.child({ participant: options.dataSet.participant });
  }

  start(): void {
    this.#opening = this.#open();
  }

  readonly state = undefined;

  get reason(): string | undefined {
    return this.#state.state === 'connected' ? undefined : (this.#state.reason ?? this.#state.state);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#opening;
    await this.#connector?.close();
  }

  async #open(): Promise<void> {
    try {
      const connector = await this.#options.connect();
      this.#connector = connector;
      if (!this.#closed) await connector.open(this.#receiver());
    } catch (thrown) {
      await this.#giveUp(toCodedError(thrown));
    }
  }

  async #giveUp(error: CodedError): Promise<void> {
    const reason = describeError(error);
    this.#log.error({ event: 'collection.refused', code: error.code, retryMs: REOPEN_DELAY_MS }, reason);
    this.#state = { state: 'degraded', reason };
    await this.#connector?.close().catch(() => undefined);
    this.#connector = undefined;
    if (!this.#closed) this.#timer = setTimeout(() => this.start(), REOPEN_DELAY_MS);
  }

  #receiver(): Receiver {
    const { dataSet, signals } = this.#options;
    return {
      receive: (samples) => dataSet.receive(samples),
      gap: (gap) => {
        dataSet.gap(gap);
        this.#log.warn({ event: 'collection.gap', ...gap });
      },
      state: (state) => {
        if (state.state !== this.#state.state) this.#log.info({ event: 'collection.state', ...state });
        this.#state = state;
      },
      resumePoints: () => dataSet.resumePoints(signals),
    };
  }
}
