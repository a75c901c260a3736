import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { poll } from '../../cli/terminal/poll.ts';
import { storeFolderOf } from '../../connectors/collector/collector.ts';
import { readStoreState, type StoreState } from '../../connectors/store/store-state.ts';
import { CodedError } from '../../runtime/errors.ts';
import { entryPoint } from '../../runtime/package-root.ts';

const START_TIMEOUT_MS = 90_000;
const POLL_INTERVAL_MS = 50;

/** A participant of the collector's trainer file. */
export interface BenchParticipant {
  readonly id: string;
  /** Its `source.opcua`. */
  readonly source: Record<string, unknown>;
}

/** The product's collector as a process of its own, with a trainer file that the bench writes. */
export class RunningCollector {
  readonly #folder: string;
  readonly #participants: readonly BenchParticipant[];
  readonly #child: ChildProcess;

  /** @param folder for its state, the trainer file and its log. */
  constructor(folder: string, participants: readonly BenchParticipant[]) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
    this.#participants = participants;
    const trainerFile = join(folder, 'bench.trainer.json');
    const trainer = {
      aggregator: 'http://127.0.0.1:1',
      pool: { id: 'bench' },
      // Nobody takes the samples, so that they can be judged in the end.
      collector: { limitMebibytes: 100_000 },
      participants: participants.map(({ id, source }) => ({ id, source: { opcua: source } })),
    };
    writeFileSync(trainerFile, JSON.stringify(trainer));
    const settingsFile = join(folder, 'settings.json');
    writeFileSync(settingsFile, JSON.stringify({ trainerFile, folder: join(folder, 'state') }));
    const log = openSync(join(folder, 'collector.log'), 'a');
    this.#child = fork(entryPoint('connectors/main'), [settingsFile], {
      stdio: ['ignore', log, log, 'ipc'],
      execArgv: [],
    });
    closeSync(log);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  storeFolder(participant: string): string {
    return storeFolderOf(join(this.#folder, 'state'), participant);
  }

  /** Waits until every participant collects. @returns what each reported then. */
  async untilCollecting(): Promise<StoreState[]> {
    return Promise.all(
      this.#participants.map(({ id }) =>
        this.#until(`${id} to collect`, async () => {
          const state = await readStoreState(this.storeFolder(id));
          return state !== undefined && state.state !== 'connecting' && state.storedBytes > 1000
            ? state
            : undefined;
        }),
      ),
    );
  }

  /** SIGSTOP. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  /** Ends it as a service manager does, with everything on disk. @throws CodedError `E_PROCESS_FAILED` with its log */
  async close(): Promise<void> {
    const exited = this.#child.exitCode === null ? once(this.#child, 'exit') : undefined;
    this.#child.kill('SIGTERM');
    await exited;
    if (this.#child.exitCode !== 0) {
      const how = this.#child.exitCode ?? this.#child.signalCode;
      throw new CodedError('E_PROCESS_FAILED', `the collector ended with ${how}:\n${this.#messages()}`);
    }
  }

  /** Ends it for good, whatever its state. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #until<Value>(what: string, ask: () => Promise<Value | undefined>): Promise<Value> {
    return poll(
      () => {
        if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
          throw new CodedError('E_PROCESS_FAILED', `the collector ended:\n${this.#messages()}`);
        }
        return ask();
      },
      { what, timeoutMs: START_TIMEOUT_MS, intervalMs: POLL_INTERVAL_MS },
    );
  }

  #messages(): string {
    return readFileSync(join(this.#folder, 'collector.log'), 'utf8').slice(-2000);
  }
}
