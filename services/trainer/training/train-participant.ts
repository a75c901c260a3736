import { randomStream } from '../../../learning/random.ts';
import { controlAfter, correctionAfter } from '../../../learning/strategies/after-training.ts';
import { type GradientTerms, gradientTerms } from '../../../learning/strategies/gradient-terms.ts';
import type { Strategy } from '../../../learning/strategies/strategy.ts';
import type { ModelSpec, TrainingSpec } from '../../../openapi/schemas.ts';
import { adversarialTraining } from '../attacks/adversarial-training.ts';
import type { Model, TensorFlow } from '../models/model.ts';
import type { KeptSlot, KeptValues } from '../participant-state/kept-values.ts';
import { fitWeights } from './fit-weights.ts';
import { learningRateOf } from './learning-rate.ts';
import type { EpochProgress } from './messages.ts';
import { byName, localTensors, vectorOf } from './own-tensors.ts';
import type { StandardisedExamples } from './standardise.ts';
import { roleVectors } from './weight-vector.ts';

interface ParticipantOptions {
  readonly tf: TensorFlow;
  readonly spec: ModelSpec;
  readonly model: Model;
  readonly strategy: Strategy;
  readonly training: TrainingSpec;
  readonly round: number;
  readonly participant: string;
  readonly examples: StandardisedExamples;
  /** The version with the participant's own tensors in it, in the model's order. */
  readonly base: Float32Array;
  /** What the participant kept of its last update that counted. */
  readonly kept: KeptValues;
  /** The strategy's slots that came down with the version. */
  readonly slots: ReadonlyMap<string, ReadonlyMap<string, Float32Array>>;
  readonly breathe: () => Promise<void>;
  readonly onProgress: (progress: EpochProgress) => void;
}

/** What a participant's training gives. */
export interface TrainedParticipant {
  /** In the model's order, own tensors included. */
  readonly trained: Float32Array;
  /** Steps of the optimizer that the delta comes from. */
  readonly localSteps: number;
  /** By how much the control variate changed, by tensor; of the task `control` only. */
  readonly controlChange?: ReadonlyMap<string, Float32Array>;
  readonly kept: KeptValues;
}

type Learn = (options: {
  readonly base: Float32Array;
  readonly epochs: number;
  /** Of the order of examples. */
  readonly purpose: string;
  readonly terms?: GradientTerms;
  readonly anchor?: Float32Array;
  readonly trains?: readonly boolean[];
}) => Promise<{ readonly trained: Float32Array; readonly steps: number }>;

/** Purpose of the stream that orders the examples of the training that is sent. */
const BATCHES = 'batches';

/** Does a strategy's task with a participant's examples (`learning/strategies/participant-task.ts`). */
export async function trainParticipant(options: ParticipantOptions): Promise<TrainedParticipant> {
  const { model, strategy, training, base } = options;
  const { task } = strategy;
  const { localEpochs: epochs } = training;
  const isLocal = localTensors(strategy, model.weights);
  const plain = { base, epochs, purpose: BATCHES };
  const own = (trained: Float32Array, values: ReadonlyMap<KeptSlot, ReadonlyMap<string, Float32Array>>) => {
    const local = byName(trained, model.weights, (index) => isLocal[index] === true);
    return local.size === 0 ? values : new Map([...values, ['local', local] as const]);
  };
  switch (task.kind) {
    case 'plain':
    case 'pick-group':
    case 'fine-tune':
    case 'proximal': {
      const learn = fitsOf(options, epochs);
      const { trained, steps } = await learn({ ...plain, terms: gradientTerms(task, {}) });
      return { trained, localSteps: steps, kept: own(trained, new Map()) };
    }
    case 'control':
    case 'dyn': {
      const done = await correctedTraining(options, task);
      return { ...done, kept: own(done.trained, done.kept) };
    }
    case 'dual-model': {
      const learn = fitsOf(options, 2 * epochs);
      const { trained, steps } = await learn(plain);
      const personal = await learn({
        base: vectorOf(options.kept.get('personal'), model.weights, base),
        epochs,
        purpose: 'personal-batches',
        terms: gradientTerms(task, {}),
        anchor: base,
      });
      const kept = new Map([['personal', byName(personal.trained, model.weights)] as const]);
      return { trained, localSteps: steps, kept: own(trained, kept) };
    }
    case 'head-then-body': {
      const learn = fitsOf(options, task.headEpochs + epochs);
      // A model of one layer has no head.
      const head = isLocal.some((local) => local)
        ? await learn({ base, epochs: task.headEpochs, purpose: 'head-batches', trains: isLocal })
        : { trained: base };
      const { trained, steps } = await learn({
        ...plain,
        base: head.trained,
        trains: isLocal.map((local) => !local),
      });
      return { trained, localSteps: steps, kept: own(trained, new Map()) };
    }
    default:
      return task satisfies never;
  }
}

/** Training whose gradients are corrected by what the participant keeps of its earlier rounds. */
async function correctedTraining(
  options: ParticipantOptions,
  task: Extract<Strategy['task'], { kind: 'control' | 'dyn' }>,
): Promise<TrainedParticipant> {
  const { tf, model, training, round, base, kept, slots } = options;
  const { take } = roleVectors(tf, model);
  const moved = model.weights.filter(({ role }) => role !== 'statistic');
  const slot = task.kind === 'control' ? 'control' : 'correction';
  const own = kept.has(slot) ? vectorOf(kept.get(slot), moved) : undefined;
  const sent = task.kind === 'control' ? slots.get('control') : undefined;
  const control = sent === undefined ? undefined : vectorOf(sent, moved);
  const vectors = { ...(own !== undefined && { own }), ...(control !== undefined && { control }) };
  const learn = fitsOf(options, training.localEpochs);
  const { trained, steps } = await learn({
    base,
    epochs: training.localEpochs,
    purpose: BATCHES,
    terms: gradientTerms(task, vectors),
  });
  const after = { own, base: take(base, 'trainable'), trained: take(trained, 'trainable') };
  if (task.kind === 'dyn') {
    const next = correctionAfter({ ...after, alpha: task.alpha });
    return { trained, localSteps: steps, kept: new Map([['correction', byName(next, moved)]]) };
  }
  const learningRate = learningRateOf(training, round);
  const next = controlAfter({ ...after, control, steps, learningRate });
  return {
    trained,
    localSteps: steps,
    controlChange: byName(next.change, moved),
    kept: new Map([['control', byName(next.own, moved)]]),
  };
}

/** Fits one after the other; their progress is that of one training of so many epochs. */
function fitsOf(options: ParticipantOptions, allEpochs: number): Learn {
  const { tf, spec, model, examples, training, round, participant, breathe, onProgress } = options;
  let before = 0;
  return async ({ base, epochs, purpose, ...how }) => {
    // Fewer than specified where the training stops early.
    let done = 0;
    const trained = await fitWeights({
      tf,
      model,
      base,
      examples,
      training: { ...training, localEpochs: epochs },
      learningRate: learningRateOf(training, round),
      adversarial: adversarialTraining(spec, training, round),
      random: randomStream({ seed: training.seed, round, participant, purpose }),
      breathe,
      onEpoch: (epoch, trainedLoss, stepMs) => {
        done = epoch;
        onProgress({ epoch: before + epoch, epochs: allEpochs, trainedLoss, stepMs });
      },
      ...how,
    });
    before += epochs;
    return { trained, steps: done * Math.ceil(examples.count / training.batchSize) };
  };
}
