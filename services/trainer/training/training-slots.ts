import { CodedError, toCodedError } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import type { TrainingResults, TrainingTask } from './messages.ts';
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
  /** Silence after which a working process counts as hanging. @defaultValue 60,000 */
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
  /** Fewer than there were once one ran out of memory. */
  readonly slots: number;
}

/**
 * The warm training processes of a pool; tasks wait for a free one in the order of their coming. When one runs out of
 * memory, the pool goes on with one slot less, as long as there is another; the rest have its memory.
 */
export class TrainingSlots implements TaskPerformer {
  readonly #options: TrainingSlotsOptions;
  #all: readonly TrainingProcess[];
  readonly #free: TrainingProcess[];
  readonly #waiting: {
    readonly take: (slot: TrainingProcess) => void;
    readonly refuse: (error: Error) => void;
  }[] = [];
  #closed = false;

  constructor(options: TrainingSlotsOptions) {
    const { slots, gpus = [], environment: given, entry, log, silenceMs = 60_000, graceMs = 400 } = options;
    this.#options = options;
    this.#all = Array.from({ length: slots }, (_, index) => {
      const environment = { ...given, ...gpuEnvironment(gpus[index % gpus.length]) };
      return new TrainingProcess({ entry, log, silenceMs, graceMs, environment });
    });
    this.#free = [...this.#all];
  }

  /** Ids of the running processes. */
  get pids(): readonly number[] {
    return this.#all.map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  /** What was measured so far. */
  get figures(): PoolFigures {
    const measured = this.#all.flatMap(({ figures }) => figures ?? []);
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
    for (const slot of this.#all) slot.warm();
  }

  /** @throws CodedError as `TrainingProcess.perform`. */
  async perform<Task extends TrainingTask>(
    task: Task,
    context: Omit<TaskContext, 'memoryLimitBytes'> = {},
  ): Promise<TrainingResults[Task['kind']]> {
    const slot = await this.#take();
    try {
      const { memoryBytes } = this.#options;
      const limit = memoryBytes !== undefined && { memoryLimitBytes: memoryBytes / this.#all.length };
      return await slot.perform(task, { ...context, ...limit });
    } catch (thrown) {
      if (toCodedError(thrown).code === 'E_OUT_OF_MEMORY') this.#reduce(slot);
      throw thrown;
    } finally {
      this.#release(slot);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { refuse } of this.#waiting.splice(0)) refuse(closed());
    await Promise.all(this.#all.map((slot) => slot.close()));
  }

  #take(): Promise<TrainingProcess> {
    if (this.#closed) return Promise.reject(closed());
    const slot = this.#free.pop();
    if (slot !== undefined) return Promise.resolve(slot);
    return new Promise((take, refuse) => this.#waiting.push({ take, refuse }));
  }

  #release(slot: TrainingProcess): void {
    if (!this.#all.includes(slot)) return;
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slot);
    else next.take(slot);
  }

  /** Does without a slot from now on, unless it is the last one. */
  #reduce(slot: TrainingProcess): void {
    if (this.#all.length === 1) return;
    this.#all = this.#all.filter((other) => other !== slot);
    void slot.close();
    this.#options.log.warn(
      { event: 'slots.reduced', slots: this.#all.length },
      'a training process ran out of memory: the pool goes on with fewer',
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
