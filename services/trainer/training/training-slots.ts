import { CodedError, toCodedError } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import type { TrainingResults, TrainingTask } from './messages.ts';
import { isOwnLimit } from './out-of-memory.ts';
import { type SlotFigures, type TaskContext, TrainingProcess } from './training-process.ts';

interface TrainingSlotsOptions {
  /** Training processes at the same time. */
  readonly slots: number;
  /** The GPU of each slot, dealt out in turn; a slot sees no other. @defaultValue what the service itself sees */
  readonly gpus?: readonly number[] | undefined;
  /** Further variables of the processes' environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Resident memory that all slots have together. @defaultValue no limit */
  readonly memoryBytes?: number | undefined;
  /** Compiled module of the process. */
  readonly entry: string;
  readonly log: Log;
  /** Silence that no working process counts as hanging for; its steps may ask for more. @defaultValue 60,000 */
  readonly silenceMs?: number;
  /** Time to end by itself before the next harder way. @defaultValue 400: an aborted task ends within a second */
  readonly graceMs?: number;
}

/** What jobs need of the training processes. */
export interface TaskPerformer {
  perform<Task extends TrainingTask>(
    task: Task,
    context?: Omit<TaskContext, 'memoryLimitBytes'>,
  ): Promise<TrainingResults[Task['kind']]>;
}

/** What a pool measured of its slots: the slowest start and step, the largest memory. */
export interface PoolFigures extends Partial<SlotFigures> {
  /** Fewer than the trainer file says for some time after one ran out of memory. */
  readonly slots: number;
}

/** A task that waits for a slot. */
interface Waiting {
  readonly take: (slot: Slot) => void;
  readonly refuse: (error: Error) => void;
}

/** A training process and its place: the same one's GPU is taken by the process that follows it. */
interface Slot {
  readonly index: number;
  readonly process: TrainingProcess;
}

/** Tasks that must succeed before a lost slot comes back: at first, and at most. */
const FIRST_RECOVERY_TASKS = 20;
const MOST_RECOVERY_TASKS = 640;

/**
 * The warm training processes of a pool; tasks wait for a free one in the order of their coming. When the machine's memory
 * is too small for one, the pool goes on with one slot less, as long as there is another; the rest have its memory. A lost
 * slot comes back after 20 tasks that had memory enough, the next one after twice as many, and so on. A process that comes to a limit of its own (the heap of V8, the addresses of WASM) costs no slot: fewer would not help it.
 */
export class TrainingSlots implements TaskPerformer {
  readonly #options: TrainingSlotsOptions;
  #all: readonly Slot[];
  readonly #free: Slot[];
  readonly #waiting = new Set<Waiting>();
  /** Places of the lost slots, the newest last. */
  readonly #lost: number[] = [];
  #recoveryTasks = FIRST_RECOVERY_TASKS;
  /** Tasks that have succeeded since one last failed for memory. */
  #succeeded = 0;
  #closed = false;

  constructor(options: TrainingSlotsOptions) {
    this.#options = options;
    this.#all = Array.from({ length: options.slots }, (_, index) => this.#open(index));
    this.#free = [...this.#all];
  }

  /** Ids of the running processes. */
  get pids(): readonly number[] {
    return this.#all.map(({ process }) => process.pid).filter((pid) => pid !== undefined);
  }

  /** What was measured so far. */
  get figures(): PoolFigures {
    const measured = this.#all.flatMap(({ process }) => process.figures ?? []);
    if (measured.length === 0) return { slots: this.#all.length };
    const steps = measured.flatMap(({ stepMs }) => stepMs ?? []);
    return {
      slots: this.#all.length,
      startMs: Math.max(...measured.map(({ startMs }) => startMs)),
      peakBytes: Math.max(...measured.map(({ peakBytes }) => peakBytes)),
      ...(steps.length > 0 && { stepMs: Math.max(...steps) }),
    };
  }

  /** Starts all processes ahead of the first task. */
  warm(): void {
    for (const { process } of this.#all) process.warm();
  }

  /** @throws CodedError as `TrainingProcess.perform`. */
  async perform<Task extends TrainingTask>(
    task: Task,
    context: Omit<TaskContext, 'memoryLimitBytes'> = {},
  ): Promise<TrainingResults[Task['kind']]> {
    const slot = await this.#take(context.signal);
    try {
      const { memoryBytes } = this.#options;
      const limit = memoryBytes !== undefined && { memoryLimitBytes: memoryBytes / this.#all.length };
      const result = await slot.process.perform(task, { ...context, ...limit });
      this.#noteSuccess();
      return result;
    } catch (thrown) {
      const error = toCodedError(thrown);
      if (error.code === 'E_OUT_OF_MEMORY' && !isOwnLimit(error)) this.#reduce(slot, error.message);
      throw thrown;
    } finally {
      this.#release(slot);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { refuse } of this.#waiting) refuse(closed());
    await Promise.all(this.#all.map(({ process }) => process.close()));
  }

  #open(index: number): Slot {
    const { gpus = [], environment: given, entry, log, silenceMs = 60_000, graceMs = 400 } = this.#options;
    const environment = { ...given, ...gpuEnvironment(gpus[index % gpus.length]) };
    return { index, process: new TrainingProcess({ entry, log, silenceMs, graceMs, environment }) };
  }

  /** Waits for a free slot, as long as it is not called off. */
  #take(signal: AbortSignal | undefined): Promise<Slot> {
    if (this.#closed) return Promise.reject(closed());
    if (signal?.aborted) return Promise.reject(calledOff());
    const slot = this.#free.pop();
    if (slot !== undefined) return Promise.resolve(slot);
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#waiting.delete(waiting);
        signal?.removeEventListener('abort', onAbort);
      };
      const waiting: Waiting = {
        take: (free) => {
          settle();
          resolve(free);
        },
        refuse: (error) => {
          settle();
          reject(error);
        },
      };
      const onAbort = () => waiting.refuse(calledOff());
      this.#waiting.add(waiting);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  #release(slot: Slot): void {
    if (!this.#all.includes(slot)) return;
    // A set keeps the order of their coming.
    const [next] = this.#waiting;
    if (next === undefined) this.#free.push(slot);
    else next.take(slot);
  }

  /** Does without a slot for some time, unless it is the last one. */
  #reduce(slot: Slot, reason: string): void {
    this.#succeeded = 0;
    if (this.#all.length === 1) return;
    this.#all = this.#all.filter((other) => other !== slot);
    this.#lost.push(slot.index);
    void slot.process.close();
    this.#options.log.warn(
      { event: 'slots.reduced', slots: this.#all.length, tasksToRecovery: this.#recoveryTasks, reason },
      'a training process ran out of memory: the pool goes on with fewer',
    );
  }

  /** Takes a lost slot back once enough tasks have succeeded without it. */
  #noteSuccess(): void {
    this.#succeeded += 1;
    if (this.#closed || this.#lost.length === 0 || this.#succeeded < this.#recoveryTasks) return;
    this.#succeeded = 0;
    this.#recoveryTasks = Math.min(2 * this.#recoveryTasks, MOST_RECOVERY_TASKS);
    const slot = this.#open(this.#lost.pop()!);
    this.#all = [...this.#all, slot];
    slot.process.warm();
    this.#release(slot);
    this.#options.log.info(
      { event: 'slots.recovered', slots: this.#all.length },
      'the pool tries again with one slot more',
    );
  }
}

/** Of the child that computes on a GPU: it sees this one alone, as its first. */
function gpuEnvironment(gpu: number | undefined): Record<string, string> {
  return gpu === undefined ? {} : { CUDA_VISIBLE_DEVICES: String(gpu) };
}

function closed(): CodedError {
  return new CodedError('E_ABORTED', 'the trainer closes');
}

function calledOff(): CodedError {
  return new CodedError('E_ABORTED', 'the training was called off before it had a slot');
}
