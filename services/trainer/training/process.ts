import { CodedError, toCodedError } from '../../../runtime/errors.ts';
import { runAttack } from '../attacks/run-attack.ts';
import { type BackendPlan, describeNumerics } from '../backends/backend-plan.ts';
import { loadCustomModel } from '../models/custom/custom-models.ts';
import type { TensorFlow } from '../models/model.ts';
import { type Breath, createBreath } from './breath.ts';
import type {
  MessageFromProcess,
  MessageToProcess,
  ProcessFigures,
  TrainingResults,
  TrainingTask,
} from './messages.ts';
import { ownNumerics } from './numerics.ts';
import { outOfMemory, tellsOfMemory } from './out-of-memory.ts';
import { runEvaluate } from './run-evaluate.ts';
import { runInfer } from './run-infer.ts';
import { runInitialise } from './run-initialise.ts';
import { runProbe } from './run-probe.ts';
import { runTrain } from './run-train.ts';
import { loadTensorFlow } from './tensor-flow.ts';

/**
 * The training process of a slot: it holds the tensor backend, takes one task at a time over the channel to its parent,
 * reads and writes files, opens no connection, and ends when its parent does.
 */
function main(): void {
  let current: { readonly id: number; readonly breath: Breath } | undefined;
  process.on('disconnect', () => process.exit());
  // A terminal sends Ctrl-C to the whole group; it is the service that ends this process, once its jobs are drained.
  process.on('SIGINT', () => undefined);
  process.on('message', (message: MessageToProcess) => {
    if (message.kind === 'abort') {
      if (current?.id === message.id) current.breath.abort();
      return;
    }
    const { id, task, backend, memoryLimitBytes } = message;
    const alive = (expectedSilenceMs?: number) =>
      send({ kind: 'alive', id, ...(expectedSilenceMs !== undefined && { expectedSilenceMs }) });
    const breath = createBreath({ alive, memoryLimitBytes });
    current = { id, breath };
    void perform(id, task, backend, breath).then(send);
  });
  // The parent may have ended while this process was starting.
  if (!process.connected) process.exit();
  // Loaded ahead of the first task, which then tells of a failure.
  const computes = () => {
    startMs = performance.now();
  };
  loadTensorFlow().then(computes, () => undefined);
  send({ kind: 'ready' });
}

/** From the start of the process until the tensor library computed. */
let startMs = 0;

/** Resident memory before the first task on each backend. */
const idleBytes = new Map<string, number>();

async function perform(
  id: number,
  task: TrainingTask,
  backend: BackendPlan | undefined,
  breath: Breath,
): Promise<MessageFromProcess> {
  try {
    const tf = await loadTensorFlow(backend);
    if ('model' in task) await loadCustomModel(tf, task.model);
    const key = describeNumerics(backend?.numerics ?? ownNumerics());
    if (!idleBytes.has(key)) idleBytes.set(key, process.memoryUsage.rss());
    const result = await released(tf, () => resultOf(tf, id, task, breath));
    return { kind: 'result', id, result, figures: figuresOf(key) };
  } catch (thrown) {
    const { code, message, faults, details } = failureOf(thrown);
    return { kind: 'failed', id, code, message, faults, details, isFatal: isFatal(thrown) };
  }
}

function figuresOf(key: string): ProcessFigures {
  const residentBytes = process.memoryUsage.rss();
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  const kept = { residentBytes, idleBytes: idleBytes.get(key) ?? residentBytes };
  return { startMs, peakBytes, kept };
}

/** Gives back all tensors of a task, however it ended: the next participant finds nothing of this one. */
async function released<Value>(tf: TensorFlow, work: () => Promise<Value>): Promise<Value> {
  const engine = tf.engine();
  engine.startScope('task');
  try {
    return await work();
  } finally {
    engine.endScope();
    tf.disposeVariables();
  }
}

/** What has no code of its own is a want of memory or a failure of the training: the next attempt may succeed. */
function failureOf(thrown: unknown): CodedError {
  const error = toCodedError(thrown);
  if (error.code !== 'E_INTERNAL') return error;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (tellsOfMemory(message)) {
    return outOfMemory(message.slice(0, 200), { words: message, cause: thrown });
  }
  return new CodedError('E_TRAINING_FAILED', error.message, { cause: thrown });
}

/**
 * Whether the process may be unable to compute from now on. What has no code of its own, such as a trap of WASM, may have
 * left its memory in any state; after a want of memory only the end of the process gives it back.
 */
function isFatal(thrown: unknown): boolean {
  const { code } = toCodedError(thrown);
  return code === 'E_INTERNAL' || code === 'E_OUT_OF_MEMORY';
}

function resultOf(
  tf: TensorFlow,
  id: number,
  task: TrainingTask,
  breath: Breath,
): Promise<TrainingResults[TrainingTask['kind']]> {
  switch (task.kind) {
    case 'train':
      return runTrain(tf, task, breath, (progress) => send({ kind: 'progress', id, progress }));
    case 'evaluate':
      return runEvaluate(tf, task, breath);
    case 'attack':
      return runAttack(tf, task, breath);
    case 'initialise':
      return runInitialise(tf, task);
    case 'infer':
      return runInfer(tf, task);
    case 'probe':
      return runProbe(tf);
  }
}

function send(message: MessageFromProcess): void {
  // A channel that is closed means that the parent has ended, which the listener above takes care of.
  process.send?.(message, undefined, undefined, () => undefined);
}

if (process.send !== undefined) main();
