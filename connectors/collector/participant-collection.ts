import type { OpcuaSource } from '../../openapi/schemas.ts';
import { type CodedError, describeError, toCodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Connector, ConnectorState, GapCause, Receiver } from '../connector.ts';
import { createOpcuaConnector } from '../opcua/opcua-connector.ts';
import { SampleStoreWriter } from '../store/sample-store-writer.ts';
import type { StoreLimits } from './settings.ts';

interface ParticipantCollectionOptions {
  readonly participant: string;
  readonly source: OpcuaSource;
  /** Folder of the participant's sample store. */
  readonly storeFolder: string;
  /** Folder of the certificates of all connectors. */
  readonly pkiFolder: string;
  readonly limits: StoreLimits;
  readonly log: Log;
}

/** What a collection has done since it began. */
export interface CollectionStatus {
  readonly participant: string;
  readonly state: ConnectorState;
  /** Rows of the gap ledger by cause, each id once. */
  readonly gaps: ReadonlyMap<GapCause, number>;
  readonly samples: number;
  readonly limits: StoreLimits;
}

/** After a refusal that a person may mend (a certificate, a node) the connector is opened again. */
const REOPEN_DELAY_MS = 5_000;
/** Ids of gaps that are remembered so that a growing one is counted once. */
const REMEMBERED_GAPS = 4_096;

/** One participant's machine, from its connector into its sample store, until it is closed. */
export class ParticipantCollection {
  readonly #options: ParticipantCollectionOptions;
  readonly #log: Log;
  readonly #gaps = new Map<GapCause, number>();
  readonly #countedGaps = new Set<string>();
  #samples = 0;
  #limits: StoreLimits;
  #state: ConnectorState = { state: 'connecting' };
  #writer: SampleStoreWriter | undefined;
  #connector: Connector | undefined;
  #timer: NodeJS.Timeout | undefined;
  #opening: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: ParticipantCollectionOptions) {
    this.#options = options;
    this.#limits = options.limits;
    this.#log = options.log.child({ participant: options.participant });
  }

  get source(): OpcuaSource {
    return this.#options.source;
  }

  get status(): CollectionStatus {
    return {
      participant: this.#options.participant,
      state: this.#state,
      gaps: this.#gaps,
      samples: this.#samples,
      limits: this.#limits,
    };
  }

  /** Keeps within other limits; the connection goes on undisturbed. */
  setLimits(limits: StoreLimits): void {
    this.#limits = limits;
    this.#writer?.setLimits(limits);
  }

  /** Begins to collect; what fails is tried again and meanwhile visible in the state. */
  start(): void {
    this.#opening = this.#open();
  }

  /** Opens a refused connector now: somebody may have mended the reason. */
  tryAgain(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.start();
  }

  /** Resolves when the machine is let go and everything that arrived is on disk. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#opening;
    await this.#connector?.close();
    await this.#writer?.close();
  }

  async #open(): Promise<void> {
    const { source, storeFolder, pkiFolder } = this.#options;
    try {
      this.#writer ??= await SampleStoreWriter.open(storeFolder, { ...this.#limits, log: this.#log });
      // They may have changed while it was being opened.
      this.#writer.setLimits(this.#limits);
      if (this.#closed) return;
      const connector = createOpcuaConnector({ source, pkiFolder, log: this.#log });
      this.#connector = connector;
      await connector.open(this.#receiver(this.#writer));
    } catch (thrown) {
      await this.#giveUp(toCodedError(thrown));
    }
  }

  async #giveUp(error: CodedError): Promise<void> {
    const reason = describeError(error);
    this.#log.error({ event: 'collection.refused', code: error.code, retryMs: REOPEN_DELAY_MS }, reason);
    this.#note({ state: 'degraded', reason });
    await this.#connector?.close().catch(() => undefined);
    this.#connector = undefined;
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.start();
    }, REOPEN_DELAY_MS);
  }

  #receiver(writer: SampleStoreWriter): Receiver {
    return {
      receive: (samples) => {
        writer.receive(samples);
        this.#samples += samples.length;
      },
      gap: (gap) => {
        writer.gap(gap);
        this.#countGap(gap.id, gap.cause);
      },
      state: (state) => this.#note(state),
      resumePoints: () => writer.resumePoints(),
    };
  }

  #countGap(id: string, cause: GapCause): void {
    if (this.#countedGaps.has(id)) return;
    if (this.#countedGaps.size >= REMEMBERED_GAPS) this.#countedGaps.clear();
    this.#countedGaps.add(id);
    this.#gaps.set(cause, (this.#gaps.get(cause) ?? 0) + 1);
  }

  #note(state: ConnectorState): void {
    if (state.state !== this.#state.state || state.reason !== this.#state.reason) {
      this.#log.info({ event: 'collection.state', state: state.state, reason: state.reason });
    }
    this.#state = state;
    this.#writer?.state(state);
  }
}
