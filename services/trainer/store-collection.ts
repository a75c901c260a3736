import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import type { ConnectorState, Gap } from '../../connectors/connector.ts';
import { SampleStoreReader } from '../../connectors/store/sample-store-reader.ts';
import type { StoreBatch } from '../../connectors/store/store-batch.ts';
import { readStoreState } from '../../connectors/store/store-state.ts';
import { describeError, toCodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { type Collection, REOPEN_DELAY_MS } from './collection.ts';
import type { LocalDataSet } from './data-set/local-data-set.ts';

interface StoreCollectionOptions {
  /** Folder of the participant's sample store. */
  readonly storeFolder: string;
  readonly dataSet: LocalDataSet;
  readonly log: Log;
  /** Milliseconds since 1970. @defaultValue `Date.now` */
  readonly clock?: () => number;
}

/** How long samples that were taken may stand in the store besides; the disk is waited for no more often. */
const COMMIT_INTERVAL_MS = 1_000;
/** Age of a store's state from which on nobody collects. */
const SILENCE_MS = 15_000;
const NO_COLLECTOR: ConnectorState = {
  state: 'degraded',
  reason: 'the collector of the machine does not run; "fedshell trainer" starts it',
};

/**
 * Takes what the collector left in a sample store (connectors/main.ts) into the data set, each sample exactly once: how
 * far it came is stored with the samples, and the store keeps them until they are safe here even from a power cut.
 */
export class StoreCollection implements Collection {
  readonly #options: StoreCollectionOptions;
  readonly #log: Log;
  readonly #clock: () => number;
  readonly #stop = new AbortController();
  #reader: SampleStoreReader | undefined;
  #state: ConnectorState = { state: 'connecting' };
  #failure: string | undefined;
  /** Whether something was taken since the last commit. */
  #isAhead = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: StoreCollectionOptions) {
    this.#options = options;
    this.#log = options.log.child({ participant: options.dataSet.participant });
    this.#clock = options.clock ?? Date.now;
  }

  start(): void {
    this.#running = Promise.all([this.#take(), this.#follow()]);
  }

  get state(): ConnectorState {
    return this.#state;
  }

  get reason(): string | undefined {
    if (this.#failure !== undefined) return this.#failure;
    return this.#state.state === 'connected' ? undefined : (this.#state.reason ?? this.#state.state);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#reader?.close();
    await this.#running;
  }

  /** Takes batches for ever; what fails, such as a full disk, is tried again from where the data set stands. */
  async #take(): Promise<void> {
    const { storeFolder, dataSet } = this.#options;
    while (!this.#stop.signal.aborted) {
      try {
        const from = dataSet.taken;
        const reader = await SampleStoreReader.open(storeFolder, {
          log: this.#log,
          ...(from !== undefined && { from }),
        });
        this.#reader = reader;
        if (this.#stop.signal.aborted) await reader.close();
        for await (const batch of reader.batches()) {
          this.#store(batch);
          // Other work of the process has its turn, whatever the backlog.
          await setImmediate();
        }
        await this.#commit();
      } catch (thrown) {
        await this.#reader?.close().catch(() => undefined);
        await this.#pause(thrown);
      }
    }
  }

  #store({ samples, gaps, end }: StoreBatch): void {
    const { dataSet } = this.#options;
    dataSet.take({ samples, gaps, end });
    this.#isAhead = true;
    this.#failure = undefined;
    for (const gap of gaps) this.#noteGap(gap);
  }

  #noteGap(gap: Gap): void {
    this.#log.debug({ event: 'collection.gap', ...gap });
  }

  async #pause(thrown: unknown): Promise<void> {
    const error = toCodedError(thrown);
    this.#failure = describeError(error);
    this.#log.error(
      { event: 'collection.refused', code: error.code, retryMs: REOPEN_DELAY_MS },
      this.#failure,
    );
    await delay(REOPEN_DELAY_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  /** Once a second: commits what was taken, and reads what the collector says of the machine. */
  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#commit().catch((thrown: unknown) => {
        const error = toCodedError(thrown);
        this.#log.error({ event: 'collection.uncommitted', code: error.code }, describeError(error));
      });
      await this.#readState();
      await delay(COMMIT_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #commit(): Promise<void> {
    if (!this.#isAhead) return;
    const { dataSet } = this.#options;
    const { taken } = dataSet;
    if (taken === undefined) return;
    this.#isAhead = false;
    dataSet.sync();
    await this.#reader?.commit(taken);
  }

  async #readState(): Promise<void> {
    const stored = await readStoreState(this.#options.storeFolder).catch(() => undefined);
    const isSilent = stored === undefined || this.#clock() - stored.updatedMs > SILENCE_MS;
    const state = isSilent ? NO_COLLECTOR : stored;
    if (state.state !== this.#state.state || state.reason !== this.#state.reason) {
      this.#log.info({ event: 'collection.state', state: state.state, reason: state.reason });
    }
    this.#state = state;
  }
}
