import { readFile, writeFile } from 'node:fs/promises';
import { DELTA_PART } from '../../learning/update.ts';
import { partTensorName, writeUpdateHeader } from '../../learning/update-header.ts';
import { readSafetensors, writeSafetensors } from '../../learning/weights/safetensors.ts';
import { toCodedError } from '../../runtime/errors.ts';
import type {
  MessageFromProcess,
  MessageToProcess,
  TrainingResults,
  TrainingTask,
  TrainTask,
} from '../../services/trainer/training/messages.ts';
import { runInitialise } from '../../services/trainer/training/run-initialise.ts';
import { loadTensorFlow } from '../../services/trainer/training/tensor-flow.ts';

/**
 * A training process that trains nothing: it answers a train task with a full-size update whose deltas are zero. What a
 * round then costs is everything but training.
 */
process.on('disconnect', () => process.exit());
process.on('message', (message: MessageToProcess) => {
  if (message.kind === 'task') void perform(message.id, message.task).then(send);
});
send({ kind: 'ready' });

function send(message: MessageFromProcess): void {
  process.send?.(message);
}

async function perform(id: number, task: TrainingTask): Promise<MessageFromProcess> {
  try {
    const result = await resultOf(task);
    return { kind: 'result', id, result, figures: { startMs: 0, peakBytes: process.memoryUsage.rss() } };
  } catch (thrown) {
    const { code, message, faults } = toCodedError(thrown);
    return { kind: 'failed', id, code, message, faults };
  }
}

async function resultOf(task: TrainingTask): Promise<TrainingResults[TrainingTask['kind']]> {
  if (task.kind === 'train') return trainNothing(task);
  if (task.kind === 'initialise') return runInitialise(await loadTensorFlow(), task);
  throw new Error(`a bench without evaluation sent a task of the kind ${task.kind}`);
}

async function trainNothing(task: TrainTask): Promise<TrainingResults['train']> {
  const { run, round, roundAttempt, participant, bases } = task;
  const base = bases[0]!;
  const { tensors } = readSafetensors(await readFile(base.file));
  const deltas = [...tensors].map(([name, { shape, values }]) => ({
    name: partTensorName(DELTA_PART, name),
    shape,
    values: new Float32Array(values.length),
  }));
  const result = { exampleCount: 8, trainedLoss: 0, trainedAccuracy: 0 };
  const header = writeUpdateHeader({
    run,
    round,
    roundAttempt,
    participant,
    baseSha256: base.sha256,
    exampleCount: result.exampleCount,
    scalars: {},
    roles: Object.fromEntries(deltas.map(({ name }) => [name, 'trainable' as const])),
  });
  await writeFile(task.updateFile, writeSafetensors(deltas, header));
  return result;
}
