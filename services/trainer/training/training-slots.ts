import { CodedError } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import type { TrainingResults, TrainingTask } from './messages.ts';
import { type TaskContext, TrainingProcess } from './training-process.ts';

interface TrainingSlotsOptions {
  /** Training processes at the same time. */
  readonly slots: number;
  /** Compiled module of the process. */
  readonly entry: string;
  readonly log: Log;
  /** Silence after which a working process counts as hanging. @defaultValue 60,000 */
  readonly silenceMs?: number;
  /** Time to end by itself before the next harder way. @defaultValue 1,000 */
  readonly graceMs?: number;
}

/** What jobs need of the training processes. */
export interface TaskPerformer {
  perform<Task extends TrainingTask>(
    task: Task,
    context?: TaskContext,
  ): Promise<TrainingResults[Task['kind']]>;
}

/** The warm training processes of a pool; tasks wait for a free one in the order of their coming. */
export class TrainingSlots implements TaskPerformer {
  readonly #all: readonly TrainingProcess[];
  readonly #free: TrainingProcess[];
  readonly #waiting: {
    readonly take: (slot: TrainingProcess) => void;
    readonly refuse: (error: Error) => void;
  }[] = [];
  #closed = false;

  constructor({ slots, entry, log, silenceMs = 60_000, graceMs = 1_000 }: TrainingSlotsOptions) {
    this.#all = Array.from({ length: slots }, () => new TrainingProcess({ entry, log, silenceMs, graceMs }));
    this.#free = [...this.#all];
  }

  /** Ids of the running processes. */
  get pids(): readonly number[] {
    return this.#all.map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  /** Starts all processes ahead of the first task. */
  warm(): void {
    for (const slot of this.#all) slot.warm();
  }

  /** @throws CodedError as `TrainingProcess.perform`. */
  async perform<Task extends TrainingTask>(
    task: Task,
    context: TaskContext = {},
  ): Promise<TrainingResults[Task['kind']]> {
    const slot = await this.#take();
    try {
      return await slot.perform(task, context);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(slot);
      else next.take(slot);
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
}

function closed(): CodedError {
  return new CodedError('E_ABORTED', 'the trainer closes');
}
