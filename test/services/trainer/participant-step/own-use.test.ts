import { join } from 'node:path';
import { randomStream } from '../../../../learning/random.ts';
import { buildModel } from '../../../../services/trainer/models/index.ts';
import { fitWeights } from '../../../../services/trainer/training/fit-weights.ts';
import type { EvaluateTask, OwnUse } from '../../../../services/trainer/training/messages.ts';
import { ownWeights } from '../../../../services/trainer/training/own-weights.ts';
import { runEvaluate } from '../../../../services/trainer/training/run-evaluate.ts';
import { loadTensorFlow } from '../../../../services/trainer/training/tensor-flow.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { breath, SmallSite } from './small-site.ts';

const folder = temporaryFolder();
const site = new SmallSite(join(folder, 'logistic'), 0);
const deep = new SmallSite(join(folder, 'deep'), 1);
const training = {
  localEpochs: 5,
  batchSize: 16,
  seed: 1,
  optimizer: { key: 'sgd', learningRate: 0.5 },
} as const;

beforeAll(async () => {
  await site.freeze({ features: [2], labels: [0] });
  await deep.freeze({ features: [2], labels: [0] });
});

/** The mean loss on the test examples, which are the train examples. */
async function lossOf(of: SmallSite, versionFile: string, own?: Omit<OwnUse, 'training'>): Promise<number> {
  const task: EvaluateTask = {
    kind: 'evaluate',
    versionFile,
    model: of.model,
    frozenFiles: [of.frozenFile],
    ...(own !== undefined && { own: { training, ...own } }),
  };
  const [sums] = await runEvaluate(await loadTensorFlow(), task, breath);
  return sums!.lossSum / sums!.exampleCount;
}

function as(strategy: OwnUse['strategy'], stateFile?: string): Omit<OwnUse, 'training'> {
  const participant = { participant: 'press-1', ...(stateFile !== undefined && { stateFile }) };
  return { strategy, participants: [participant] };
}

/** Of a logit that is so much larger than the other. */
const lossOfMargin = (margin: number) => Math.log(1 + Math.exp(-margin));

describe('what a participant uses', () => {
  it('is its own model under ditto, and before its first round the version', async () => {
    const base = await site.version();
    const strategy = { key: 'ditto', lambda: 0.5 };
    const { stateFile } = await site.train({ bases: [base], strategy });

    expect(await lossOf(site, base.file, as(strategy))).toBeCloseTo(Math.log(2), 6);
    // Logits ± (2 · 1/2 + 1/4).
    expect(await lossOf(site, base.file, as(strategy, stateFile))).toBeCloseTo(lossOfMargin(2.5), 6);
    expect(await lossOf(site, base.file)).toBeCloseTo(Math.log(2), 6);
  });

  it('is the version with its own last layer under fed-per', async () => {
    const base = await deep.version({ 'dense-1/kernel': [1] });
    const strategy = { key: 'fed-per' };
    const { stateFile } = await deep.train({ bases: [base], strategy });
    const next = await deep.version({ 'dense-1/kernel': [3] });

    // The head is (1/2, -1/2) and (1/4, -1/4), the next version's body gives 2 · 3.
    expect(await lossOf(deep, next.file, as(strategy, stateFile))).toBeCloseTo(lossOfMargin(6.5), 6);
  });

  it('is the version after some more training under fine-tune, the same bits each time', async () => {
    const base = await site.version();

    // One step from zeros, whatever the federation's own localEpochs are.
    const once = await lossOf(site, base.file, as({ key: 'fine-tune', epochs: 1 }));
    const again = await lossOf(site, base.file, as({ key: 'fine-tune', epochs: 1 }));
    const more = await lossOf(site, base.file, as({ key: 'fine-tune', epochs: 4 }));
    expect(once).toBeCloseTo(lossOfMargin(2.5), 6);
    expect(again).toBe(once);
    expect(more).toBeLessThan(once);
  });

  it('is the version alone under a strategy without anything of its own', async () => {
    const base = await site.version({ 'dense-1/kernel': [1, -1] });

    expect(await lossOf(site, base.file, as({ key: 'fed-avg' }))).toBe(await lossOf(site, base.file));
  });

  it('is what its weights say, tensor by tensor', async () => {
    const tf = await loadTensorFlow();
    const strategy = { key: 'fed-per' };
    const base = await deep.version({ 'dense-1/kernel': [1] });
    const { stateFile } = await deep.train({ bases: [base], strategy });
    const model = buildModel(tf, deep.model, { featureShape: [1], classes: 2 });
    const weights = await ownWeights({
      tf,
      spec: deep.model,
      model,
      version: Float32Array.of(7, 8, 0, 0, 0, 0),
      number: 1,
      own: { training, ...as(strategy, stateFile) },
      index: 0,
      classes: ['a', 'b'],
      train: () => {
        throw new Error('nothing is trained');
      },
      breathe: async () => undefined,
    });

    expect([...weights]).toEqual([7, 8, 0.5, -0.5, 0.25, -0.25]);
  });
});

describe('fitWeights', () => {
  it('leaves weights that are not trained as they are, to the bit', async () => {
    const tf = await loadTensorFlow();
    const model = buildModel(tf, deep.model, { featureShape: [1], classes: 2 });
    const base = Float32Array.of(0.1, 0.2, 0.3, -0.7, 0.5, 0.6);
    const fitted = (trains: readonly boolean[]) =>
      fitWeights({
        tf,
        model,
        base,
        trains,
        examples: {
          count: 2,
          featureCount: 1,
          features: Float32Array.of(2, -1),
          labels: Float32Array.of(0, 1),
        },
        // Its decay moves weights that have no gradient.
        training: { ...training, optimizer: { key: 'adamw', learningRate: 0.1, weightDecay: 0.5 } },
        random: randomStream({ seed: 1, round: 1, participant: 'press-1', purpose: 'batches' }),
        breathe: async () => undefined,
        onEpoch: () => undefined,
      });

    const [head, body] = [await fitted([false, false, true, true]), await fitted([true, true, false, false])];

    expect(head.subarray(0, 2)).toEqual(base.subarray(0, 2));
    expect([...head.subarray(2)].every((value, index) => value !== base[index + 2])).toBe(true);
    expect(body.subarray(2)).toEqual(base.subarray(2));
    expect([...body.subarray(0, 2)].every((value, index) => value !== base[index])).toBe(true);
  });
});
