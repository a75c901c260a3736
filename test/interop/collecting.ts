import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { judgeStore, type StoreJudgement } from '../../bench/opcua/judge-store.ts';
import { type MachineLoad, signalNames, sourceOf } from '../../bench/opcua/machine-load.ts';
import type { PeerProgram } from '../../bench/peers/found-peer.ts';
import type { PeerSettings } from '../../bench/peers/peer-settings.ts';
import { type RunningPeer, startPeer } from '../../bench/peers/start-peer.ts';
import type { Connector, ConnectorState, Gap, Receiver, Sample } from '../../connectors/connector.ts';
import { createOpcuaConnector } from '../../connectors/opcua/opcua-connector.ts';
import { SampleStoreWriter } from '../../connectors/store/sample-store-writer.ts';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import { silentLog } from '../../runtime/log.ts';
import { Relay } from '../../simulator/faults/relay.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/opcua-machine.ts';

/** Small enough for every server on a busy machine. */
const LOAD: MachineLoad = {
  waves: { count: 1, length: 4096, periodMs: 100 },
  scalars: { count: 20, periodMs: 50 },
  changes: { count: 10, periodMs: 50, oneIn: 10 },
};

/** Zero of the counters: 2026-01-01. */
const EPOCH_MS = 1_767_225_600_000;

/** A server behind a cable, of which a connector collects into a store. */
export class Collecting {
  readonly folder: string;
  readonly relay: Relay;
  readonly #program: PeerProgram;
  #settings: PeerSettings;
  #peer: RunningPeer | undefined;
  #receiver: CountingReceiver | undefined;
  #connector: Connector | undefined;
  #fromMs = 0;

  private constructor(folder: string, relay: Relay, program: PeerProgram, settings: PeerSettings) {
    this.folder = folder;
    this.relay = relay;
    this.#program = program;
    this.#settings = settings;
  }

  /** Starts the server; `part` is added to its settings. */
  static async serve(
    program: PeerProgram,
    folder: string,
    part: Partial<PeerSettings> = {},
  ): Promise<Collecting> {
    mkdirSync(folder, { recursive: true });
    const port = await freePort();
    const relay = await Relay.listen(0);
    relay.aim(port);
    const settings = { port, logFile: join(folder, 'written'), epochMs: EPOCH_MS, ...LOAD, ...part };
    const collecting = new Collecting(folder, relay, program, settings);
    await collecting.start();
    return collecting;
  }

  /** Starts the server again, with what changes in its settings. */
  async start(part: Partial<PeerSettings> = {}): Promise<void> {
    this.#settings = { ...this.#settings, ...part };
    this.#peer = await startPeer(this.#program, this.#settings);
  }

  get peer(): RunningPeer {
    if (this.#peer === undefined) throw new TypeError('the server runs from the start');
    return this.#peer;
  }

  /** Samples that were stored. */
  samplesOf(signal: string): readonly Sample[] {
    return this.#receiver?.samples.get(signal) ?? [];
  }

  get state(): ConnectorState | undefined {
    return this.#receiver?.current;
  }

  /** Connects and resolves when every signal has a value. @throws CodedError as the connector's `open` does */
  async collect(part: Partial<OpcuaSource> = {}): Promise<void> {
    await this.connect(part);
    await this.untilFresh();
    this.#fromMs = Date.now();
  }

  /** Connects, or tries to. @throws CodedError as the connector's `open` does */
  async connect(part: Partial<OpcuaSource> = {}): Promise<void> {
    const store = await SampleStoreWriter.open(join(this.folder, 'store'), { log: silentLog });
    this.#receiver = new CountingReceiver(store);
    // Made for a trainer file: the defaults of the schema are filled in here.
    const source = sourceOf(`opc.tcp://127.0.0.1:${this.relay.port}`, LOAD, {
      publishingIntervalMs: 100,
      bridgeSeconds: 30,
      minimumBridgeSeconds: 5,
      queueMemoryMB: 16,
      strict: false,
      backfill: true,
      ...part,
    }) as unknown as OpcuaSource;
    const pkiFolder = join(this.folder, 'pki');
    this.#connector = createOpcuaConnector({ source, pkiFolder, log: silentLog });
    await this.#connector.open(this.#receiver);
  }

  /** Resolves when every periodic signal has a value that was written from now on. */
  async untilFresh(): Promise<void> {
    const nowMs = Date.now();
    const names = signalNames(LOAD).filter((name) => !name.startsWith('C'));
    await eventually(
      () => names.every((name) => (this.samplesOf(name).at(-1)?.sourceTimestampMs ?? 0) >= nowMs),
      { timeoutMs: 60_000, what: `values of now (state ${JSON.stringify(this.state)})` },
    );
  }

  /** Stops collecting and compares what is on disk with what the server wrote until now. */
  async judge(): Promise<StoreJudgement> {
    const untilMs = Date.now();
    await this.untilFresh();
    await this.closeStore();
    return judgeStore({
      storeFolder: join(this.folder, 'store'),
      logFile: this.#settings.logFile,
      signals: signalNames(LOAD),
      fromMs: this.#fromMs,
      untilMs,
    });
  }

  async close(): Promise<void> {
    await this.closeStore();
    await this.#peer?.kill();
    await this.relay.close();
  }

  /** Ends collecting, so that it can begin again with other options. */
  async closeStore(): Promise<void> {
    await this.#connector?.close();
    this.#connector = undefined;
    await this.#receiver?.store.close();
    this.#receiver = undefined;
  }
}

/** Passes everything to a store and keeps it besides. */
class CountingReceiver implements Receiver {
  readonly store: SampleStoreWriter;
  readonly samples = new Map<string, Sample[]>();
  current: ConnectorState | undefined;

  constructor(store: SampleStoreWriter) {
    this.store = store;
  }

  receive(samples: readonly Sample[]): void {
    this.store.receive(samples);
    for (const sample of samples) {
      const known = this.samples.get(sample.signal);
      if (known === undefined) this.samples.set(sample.signal, [sample]);
      else known.push(sample);
    }
  }

  gap(gap: Gap): void {
    this.store.gap(gap);
  }

  state(state: ConnectorState): void {
    this.current = state;
    this.store.state(state);
  }

  resumePoints() {
    return this.store.resumePoints();
  }

  unfilledGaps() {
    return this.store.unfilledGaps();
  }
}
