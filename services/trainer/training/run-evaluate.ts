import { readFile } from 'node:fs/promises';
import type { EvaluationSums } from '../../../learning/metrics.ts';
import { readSafetensors } from '../../../learning/weights/safetensors.ts';
import { readVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import { readFrozenIndex } from '../data-set/frozen-index.ts';
import { buildModel } from '../models/index.ts';
import type { TensorFlow } from '../models/model.ts';
import type { Breath } from './breath.ts';
import { detectAnomalies } from './detect-anomalies.ts';
import type { EvaluateTask, TrainingResults } from './messages.ts';
import { ownWeights } from './own-weights.ts';
import { score } from './score.ts';
import { standardisedExamples } from './standardise.ts';
import { joinWeights } from './weight-vector.ts';

/** An evaluate task: a version on the test windows of each frozen index, as it is or as each participant uses it. */
export async function runEvaluate(
  tf: TensorFlow,
  task: EvaluateTask,
  breath: Breath,
): Promise<TrainingResults['evaluate']> {
  const version = readSafetensors(await readFile(task.versionFile));
  const metadata = readVersionMetadata(version.header.metadata);
  const sums: EvaluationSums[] = [];
  for (const [index, file] of task.frozenFiles.entries()) {
    await breath.breathe();
    const frozen = await readFrozenIndex(file);
    const sizes = { featureShape: frozen.featureShape, classes: metadata.profile.classes.length };
    const model = buildModel(tf, task.model, sizes);
    const examples = standardisedExamples(frozen.test, metadata.scaler, frozen.scaler);
    const { classes } = metadata.profile;
    const { breathe } = breath;
    const train = () => standardisedExamples(frozen.train, metadata.scaler, frozen.scaler);
    const joined = joinWeights(model, version.tensors);
    const weights =
      task.own === undefined
        ? joined
        : await ownWeights({
            tf,
            spec: task.model,
            model,
            version: joined,
            number: metadata.number,
            own: task.own,
            index,
            classes,
            train,
            breathe,
          });
    if (model.kind === 'classifier') {
      sums.push(await score(tf, model, weights, examples, breathe));
      continue;
    }
    const detection = { tf, spec: task.model, model, weights, classes, train: train(), examples, breathe };
    sums.push(await detectAnomalies(detection));
  }
  return sums;
}
