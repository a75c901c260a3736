import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
import { lockState, type StateLock } from '../../runtime/state-lock.ts';
import type { Launch } from './launch.ts';
import { logFileOf } from './launch-service.ts';
import { rotateLogFile } from './log-file.ts';
import { SupervisedProcess, type SupervisionEvent } from './supervised-process.ts';

interface SupervisorOptions {
  /** State folder; the supervisor is its one owner. */
  readonly folder: string;
  readonly report: (event: SupervisionEvent) => void;
  readonly backOffMs?: (failures: number) => number;
}

/** Kinds of processes, in the order in which they end: who uses another one ends before it. */
const END_ORDER = ['trainer', 'collector', 'aggregator', 'simulator', 'redis'] as const;
export type ProcessKind = (typeof END_ORDER)[number];

const ROTATION_INTERVAL_MS = 10_000;
const TAKEN_AFTER_A_KILL_MS = 20_000;

/** Owns a state folder and the processes on it, restarts those that die and ends them all, in order. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #lock: StateLock;
  readonly #processes: { readonly kind: ProcessKind; readonly process: SupervisedProcess }[] = [];
  readonly #unclean: string;
  readonly #retryFirstStartUntilMs: number;
  readonly #rotation: NodeJS.Timeout;
  #failed: (error: CodedError) => void = () => undefined;
  readonly #endingController = new AbortController();
  #ending: Promise<void> | undefined;

  /** Rejects when a process could not be restarted and is given up; never resolves. */
  readonly failure: Promise<never>;

  /** @throws CodedError `E_STATE_IN_USE` if another supervisor owns the folder. */
  constructor(options: SupervisorOptions) {
    this.#options = options;
    const own = join(options.folder, 'supervisor');
    this.#lock = lockFolder(own, options.folder);
    this.#unclean = join(own, 'running');
    this.#retryFirstStartUntilMs = existsSync(this.#unclean) ? Date.now() + TAKEN_AFTER_A_KILL_MS : 0;
    writeFileSync(this.#unclean, '');
    this.failure = new Promise((_resolve, reject) => {
      this.#failed = reject;
    });
    this.failure.catch(() => undefined);
    this.#rotation = setInterval(() => this.#rotateLogs(), ROTATION_INTERVAL_MS).unref();
  }

  /** Aborted as soon as the processes are to end. */
  get ending(): AbortSignal {
    return this.#endingController.signal;
  }

  /** Adds a process; `start` it afterwards. @throws CodedError `E_ABORTED` once the supervisor is ending */
  add(kind: ProcessKind, name: string, launch: Launch): SupervisedProcess {
    if (this.#ending !== undefined) throw new CodedError('E_ABORTED', `${name} is no longer wanted`);
    const process = new SupervisedProcess({
      name,
      launch,
      retryFirstStartUntilMs: this.#retryFirstStartUntilMs,
      ...(this.#options.backOffMs === undefined ? {} : { backOffMs: this.#options.backOffMs }),
      report: (event) => {
        this.#options.report(event);
        if (event.kind === 'given-up') this.#failed(event.error);
      },
    });
    this.#processes.push({ kind, process });
    return process;
  }

  /** Ends every process, users of another one first, and lets go of the folder. Safe to call twice. */
  end(): Promise<void> {
    this.#ending ??= (async () => {
      this.#endingController.abort();
      clearInterval(this.#rotation);
      for (const kind of END_ORDER) {
        const these = this.#processes.filter((entry) => entry.kind === kind);
        await Promise.all(these.map((entry) => entry.process.stop()));
      }
      rmSync(this.#unclean, { force: true });
      this.#lock.release();
    })();
    return this.#ending;
  }

  #rotateLogs(): void {
    for (const { process } of this.#processes) rotateLogFile(logFileOf(this.#options.folder, process.name));
  }
}

function lockFolder(own: string, folder: string): StateLock {
  try {
    return lockState(own);
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause.code !== 'E_STATE_IN_USE') throw cause;
    throw new CodedError(cause.code, `the state folder ${folder} belongs to another running fedshell`, {
      cause,
    });
  }
}
