import { toCodedError } from '../../../runtime/errors.ts';
import type { TensorFlow } from '../models/model.ts';
import { type Breath, createBreath } from './breath.ts';
import type { MessageFromProcess, MessageToProcess, TrainingResults, TrainingTask } from './messages.ts';
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
    const { id, task } = message;
    const breath = createBreath(() => send({ kind: 'alive', id }));
    current = { id, breath };
    void perform(id, task, breath).then(send);
  });
  // The parent may have ended while this process was starting.
  if (!process.connected) process.exit();
  // Loaded ahead of the first task, which then tells of a failure.
  loadTensorFlow().catch(() => undefined);
  send({ kind: 'ready' });
}

async function perform(id: number, task: TrainingTask, breath: Breath): Promise<MessageFromProcess> {
  try {
    const tf = await loadTensorFlow();
    return { kind: 'result', id, result: await resultOf(tf, id, task, breath) };
  } catch (thrown) {
    const error = toCodedError(thrown);
    // What has no code of its own is a failure of the training: the next attempt may succeed.
    const code = error.code === 'E_INTERNAL' ? 'E_TRAINING_FAILED' : error.code;
    return { kind: 'failed', id, code, message: error.message, faults: error.faults };
  }
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
