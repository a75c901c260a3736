import { type ChildProcess, fork } from 'node:child_process';
import { CodedError } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import { backendEnvironment } from '../backends/backend-environment.ts';
import type { BackendPlan } from '../backends/backend-plan.ts';
import { deathOfProcess } from './death-of-process.ts';
import { countMemoryKills } from './memory-kills.ts';
import type {
  EpochProgress,
  MessageFromProcess,
  MessageToProcess,
  ProcessFigures,
  TrainingResults,
  TrainingTask,
} from './messages.ts';
import { watchSilence } from './watch-silence.ts';

interface TrainingProcessOptions {
  /** Compiled module of the process. */
  readonly entry: string;
  /** Silence while a task runs that no process counts as hanging for; more where its steps take longer (`watchSilence`). */
  readonly silenceMs: number;
  /** Time that an aborted task, and after it a signalled process, gets to end by itself. */
  readonly graceMs: number;
  /** Further variables of its environment, such as the GPU it may see. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly log: Log;
}

/** What a slot measured. */
export interface SlotFigures extends ProcessFigures {
  /** Mean of the newest epoch's training steps; absent before the first one. */
  readonly stepMs?: number;
}

/** How a task may be called off and followed. */
export interface TaskContext {
  /** What the task computes with; by default what gives the same bits everywhere. */
  readonly backend?: BackendPlan;
  /** Resident memory beyond which the task fails; none by default. */
  readonly memoryLimitBytes?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: EpochProgress) => void;
}

/** Flags that keep a process small: a young generation of 1 MB; tensors lie outside of the JavaScript heap. */
const NODE_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=512'];

/** Of a process's error stream, enough for what V8 or a library says at its end. */
const LAST_WORDS_LENGTH = 4_096;

/** Resident memory that a process may keep after a task, if it is not thrice what it had before its first. */
const KEPT_BYTES = 512 * 1024 ** 2;
const KEPT_FACTOR = 3;

/**
 * The warm process of a slot. When it dies, or a task leaves it in doubt whether it can still compute (out of memory, a
 * trap), that task fails and the next one starts another. One that keeps much memory after a task is replaced at once:
 * what a tensor backend once took is only given back by the end of its process.
 */
export class TrainingProcess {
  readonly #options: TrainingProcessOptions;
  #child: ChildProcess | undefined;
  /** The end of what each process wrote to its error stream during its task. */
  readonly #lastWords = new WeakMap<ChildProcess, string>();
  /** Those that were ended on purpose, between tasks. */
  readonly #replaced = new WeakSet<ChildProcess>();
  #figures: SlotFigures | undefined;
  #nextId = 1;
  #closed = false;

  constructor(options: TrainingProcessOptions) {
    this.#options = options;
  }

  /** Id of the running process, for those who watch or test it. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What was measured so far; undefined before its first result. */
  get figures(): SlotFigures | undefined {
    return this.#figures;
  }

  /** Starts the process ahead of its first task. */
  warm(): void {
    this.#child ??= this.#start();
  }

  /**
   * Does a task; one at a time.
   * @throws CodedError `E_ABORTED`, `E_TRAINING_FAILED` if the process dies or hangs, `E_OUT_OF_MEMORY`, or what the
   * task ended with.
   */
  perform<Task extends TrainingTask>(
    task: Task,
    context: TaskContext = {},
  ): Promise<TrainingResults[Task['kind']]> {
    const { signal, onProgress, backend, memoryLimitBytes } = context;
    if (this.#closed || signal?.aborted) return Promise.reject(aborted());
    this.#child ??= this.#start();
    const child = this.#child;
    const id = this.#nextId++;
    // What it said during an earlier task is no sign of why this one fails.
    this.#lastWords.delete(child);
    const memoryKillsBefore = countMemoryKills();
    let stepMs = this.#figures?.stepMs;
    return new Promise((resolve, reject) => {
      const end = () => {
        void this.#endTask(child, id);
      };
      const onSilence = (limitMs: number) => {
        const message = `the training process was silent for ${Math.round(limitMs)} ms`;
        const error = signal?.aborted ? aborted() : new CodedError('E_TRAINING_FAILED', message);
        settle(() => reject(error));
        this.#discard(child);
      };
      const watch = watchSilence({ leastMs: this.#options.silenceMs, onSilence });
      const settle = (finish: () => void) => {
        watch.stop();
        child.off('message', onMessage);
        child.off('close', onClose);
        signal?.removeEventListener('abort', end);
        finish();
      };
      // Later than its exit: by then it has been read what it wrote last.
      const onClose = (exitCode: number | null, killedBy: string | null) => {
        const death = { exitCode, killedBy, lastWords: this.#lastWords.get(child) ?? '', memoryKillsBefore };
        settle(() => reject(signal?.aborted ? aborted() : deathOfProcess(death)));
      };
      const onMessage = (message: MessageFromProcess) => {
        if (message.kind === 'ready') watch.heard();
        if (message.kind === 'ready' || message.id !== id) return;
        watch.heard(message.kind === 'alive' ? message.expectedSilenceMs : undefined);
        switch (message.kind) {
          case 'progress':
            ({ stepMs } = message.progress);
            onProgress?.(message.progress);
            break;
          case 'result':
            this.#figures = { ...message.figures, ...(stepMs !== undefined && { stepMs }) };
            // A task is answered by the result of its kind.
            settle(() => resolve(message.result as TrainingResults[Task['kind']]));
            // Libraries of a GPU take thousands of MiB for themselves, and seconds to start.
            if (backend?.numerics.device !== 'gpu') this.#replaceIfLarge(child, message.figures.kept);
            break;
          case 'failed': {
            const { code, faults, details = {}, isFatal = code === 'E_OUT_OF_MEMORY' } = message;
            settle(() => reject(new CodedError(code, message.message, { faults, details })));
            if (isFatal) this.#discard(child);
            break;
          }
        }
      };
      child.on('message', onMessage);
      child.on('close', onClose);
      signal?.addEventListener('abort', end, { once: true });
      const message = {
        kind: 'task',
        id,
        task,
        ...(backend !== undefined && { backend }),
        ...(memoryLimitBytes !== undefined && { memoryLimitBytes }),
      } as const;
      child.send(message satisfies MessageToProcess);
    });
  }

  /** Ends the process; a running task fails. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#child !== undefined) await this.#kill(this.#child);
  }

  #start(): ChildProcess {
    const { entry, environment, log } = this.#options;
    const child = fork(entry, [], {
      execArgv: NODE_FLAGS,
      // JSON would turn a loss that is not finite into null, and null into 0.
      serialization: 'advanced',
      // Nothing else of the service's environment, such as tokens, is of use there.
      env: { ...backendEnvironment(), ...environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      process.stderr.write(text);
      const words = (this.#lastWords.get(child) ?? '') + text;
      this.#lastWords.set(child, words.slice(-LAST_WORDS_LENGTH));
    });
    child.on('error', (error) => log.warn({ event: 'training.process.error' }, error.message));
    child.once('exit', (code, signal) => {
      if (this.#child === child) this.#child = undefined;
      if (!this.#closed && !this.#replaced.has(child))
        log.warn({ event: 'training.process.ended', code, signal });
    });
    log.debug({ event: 'training.process.started', childPid: child.pid });
    return child;
  }

  /** It is gone for the next task, even before the system says so. */
  #discard(child: ChildProcess): void {
    if (this.#child === child) this.#child = undefined;
    child.kill('SIGKILL');
  }

  /** Gives the machine back what a task left behind in its process; another one is warm for the next task. */
  #replaceIfLarge(child: ChildProcess, kept: ProcessFigures['kept']): void {
    if (kept === undefined) return;
    if (kept.residentBytes <= Math.max(KEPT_BYTES, KEPT_FACTOR * kept.idleBytes)) return;
    this.#options.log.debug({ event: 'training.process.replaced', childPid: child.pid, ...kept });
    this.#replaced.add(child);
    this.#discard(child);
    if (!this.#closed) this.warm();
  }

  /** Asks for the end of a task, then of its process. */
  async #endTask(child: ChildProcess, id: number): Promise<void> {
    child.send({ kind: 'abort', id } satisfies MessageToProcess);
    const ended = await this.#within(child, ['message', 'exit'], (value) => {
      // A number or null is the exit's code; all else that comes is a message.
      const message = value as MessageFromProcess | number | null;
      if (typeof message !== 'object' || message === null) return true;
      return (message.kind === 'result' || message.kind === 'failed') && message.id === id;
    });
    if (!ended) await this.#kill(child);
  }

  async #kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    if (await this.#within(child, ['exit'], () => true)) return;
    child.kill('SIGKILL');
    await this.#within(child, ['exit'], () => true);
  }

  /** Waits for an event that fits, at most the grace period. */
  #within(
    child: ChildProcess,
    events: readonly string[],
    fits: (value: unknown) => boolean,
  ): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (came: boolean) => {
        clearTimeout(timer);
        for (const event of events) child.off(event, listen);
        resolve(came);
      };
      const listen = (value: unknown) => {
        if (fits(value)) finish(true);
      };
      const timer = setTimeout(() => finish(false), this.#options.graceMs);
      for (const event of events) child.on(event, listen);
    });
  }
}

function aborted(): CodedError {
  return new CodedError('E_ABORTED', 'the training was called off');
}
