import type { Connector, ConnectorState, Receiver } from '../../connectors/connector.ts';
import { createConnector } from '../../connectors/index.ts';
import type { TrainerFile } from '../../openapi/schemas.ts';
import { type CodedError, describeError, toCodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { LocalDataSet } from './data-set/local-data-set.ts';

interface CollectionOptions {
  readonly participant: TrainerFile['participants'][number];
  /** Names of the signals to collect. */
  readonly signals: readonly string[];
  readonly dataSet: LocalDataSet;
  /** Folder of the certificates of all connectors. */
  readonly pkiFolder: string;
  readonly log: Log;
}

/** After a refusal that a person may mend (a certificate, a node) the connector is opened again. */
const REOPEN_DELAY_MS = 5_000;

/** One participant's machine, from its connector into its data set, until it is closed. */
export class Collection {
  readonly #options: CollectionOptions;
  readonly #log: Log;
  #connector: Connector | undefined;
  #state: ConnectorState = { state: 'connecting' };
  #timer: NodeJS.Timeout | undefined;
  #opening: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: CollectionOptions) {
    this.#options = options;
    this.#log = options.log.child({ participant: options.participant.id });
  }

  /** Begins to collect; what fails is tried again and meanwhile visible as `reason`. */
  start(): void {
    this.#opening = this.#open();
  }

  /** Why data does not come in, for people; undefined while it does. */
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
    const { participant, signals, pkiFolder } = this.#options;
    try {
      const connector = await createConnector(participant.source, { signals, pkiFolder, log: this.#log });
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
    const { dataSet } = this.#options;
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
    };
  }
}
