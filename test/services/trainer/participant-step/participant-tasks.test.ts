import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeState } from '../../../../learning/strategies/strategy-state.ts';
import { loadTensorFlow } from '../../../../services/trainer/training/tensor-flow.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { numbersOf, SmallSite } from './small-site.ts';

const folder = temporaryFolder();
const site = new SmallSite(join(folder, 'logistic'), 0);
const deep = new SmallSite(join(folder, 'deep'), 1);

beforeAll(async () => {
  await loadTensorFlow();
  // At zero weights both classes are as likely: the slope of the logits is (-1/2, 1/2), of the kernel twice that.
  await site.freeze({ features: [2], labels: [0] });
  await deep.freeze({ features: [2], labels: [0] });
});

const ONE_STEP = {
  'delta/dense-1/kernel': [0.5, -0.5],
  'delta/dense-1/bias': [0.25, -0.25],
};

describe('a participant', () => {
  it('trains plainly and keeps nothing', async () => {
    const { updateFile, stateFile, header } = await site.train({ bases: [await site.version()] });

    expect(await numbersOf(updateFile)).toEqual(ONE_STEP);
    expect(await numbersOf(stateFile)).toEqual({});
    expect(Object.keys(header)).not.toContain('compression');
    expect(Object.keys(header.scalars).sort()).toEqual(['trainedAccuracy', 'trainedLoss']);
  });

  it('sends and keeps the control variate of scaffold, which corrects its next training', async () => {
    const bases = [await site.version()];
    const strategy = { key: 'scaffold' };
    const first = await site.train({ bases, strategy });
    const strategyStateFile = join(folder, 'strategy-state');
    const control = new Map([
      ['dense-1/kernel', Float32Array.of(1, 0)],
      ['dense-1/bias', Float32Array.of(0, 0)],
    ]);
    const model = site.tensors.map((tensor) => ({ ...tensor, role: 'trainable' as const }));
    const state = { rounds: 1, groups: {}, slots: new Map([['control', control]]) };
    await writeFile(strategyStateFile, encodeState(state, model));
    const second = await site.train({
      bases,
      strategy,
      round: 2,
      stateFile: first.stateFile,
      strategyStateFile,
    });

    // The mean gradient of the one step.
    const gradient = { kernel: [-1, 1], bias: [-0.5, 0.5] };
    expect(await numbersOf(first.updateFile)).toEqual({
      ...ONE_STEP,
      'control/dense-1/kernel': gradient.kernel,
      'control/dense-1/bias': gradient.bias,
    });
    expect(await numbersOf(first.stateFile)).toEqual({
      'control/dense-1/kernel': gradient.kernel,
      'control/dense-1/bias': gradient.bias,
    });
    // Gradient + c - c_i = (-1, 1) + (1, 0) - (-1, 1) = (1, 0); of the bias it is 0.
    expect(await numbersOf(second.updateFile)).toEqual({
      'delta/dense-1/kernel': [-0.5, 0],
      'delta/dense-1/bias': [0, 0],
      'control/dense-1/kernel': [0, 0],
      'control/dense-1/bias': [0, 0],
    });
    expect(await numbersOf(second.stateFile)).toEqual(await numbersOf(first.stateFile));
    expect(second.header.roles['control/dense-1/kernel']).toBe('trainable');
  });

  it('keeps the gradient correction of fed-dyn and sends nothing of it', async () => {
    const bases = [await site.version()];
    const strategy = { key: 'fed-dyn', alpha: 0.5 };
    const first = await site.train({ bases, strategy });
    const second = await site.train({ bases, strategy, round: 2, stateFile: first.stateFile });

    expect(await numbersOf(first.updateFile)).toEqual(ONE_STEP);
    expect(await numbersOf(first.stateFile)).toEqual({
      'correction/dense-1/kernel': [-0.25, 0.25],
      'correction/dense-1/bias': [-0.125, 0.125],
    });
    // Gradient - h = (-1, 1) - (-1/4, 1/4).
    expect(await numbersOf(second.updateFile)).toEqual({
      'delta/dense-1/kernel': [0.375, -0.375],
      'delta/dense-1/bias': [0.1875, -0.1875],
    });
    expect(await numbersOf(second.stateFile)).toEqual({
      'correction/dense-1/kernel': [-0.4375, 0.4375],
      'correction/dense-1/bias': [-0.21875, 0.21875],
    });
  });

  it('trains a model of its own beside the global one under ditto, held near that one', async () => {
    const bases = [await site.version()];
    const strategy = { key: 'ditto', lambda: 0.5 };
    const first = await site.train({ bases, strategy });
    const second = await site.train({ bases, strategy, round: 2, stateFile: first.stateFile });

    expect(await numbersOf(first.updateFile)).toEqual(ONE_STEP);
    expect(await numbersOf(second.updateFile)).toEqual(ONE_STEP);
    expect(await numbersOf(first.stateFile)).toEqual({
      'personal/dense-1/kernel': [0.5, -0.5],
      'personal/dense-1/bias': [0.25, -0.25],
    });
    // Logits 2 · 0.5 + 0.25 and their negative; the pull is lambda · (v - 0).
    const wrong = 1 - 1 / (1 + Math.exp(-2.5));
    const { 'personal/dense-1/kernel': kernel, 'personal/dense-1/bias': bias } = await numbersOf(
      second.stateFile,
    );
    expect(kernel![0]).toBeCloseTo(0.5 - 0.5 * (-2 * wrong + 0.5 * 0.5), 6);
    expect(kernel![1]).toBeCloseTo(-kernel![0]!, 6);
    expect(bias![0]).toBeCloseTo(0.25 - 0.5 * (-wrong + 0.5 * 0.25), 6);
  });

  it('trains its head with the body fixed and then the body with the head fixed under fed-rep', async () => {
    const bases = [await deep.version({ 'dense-1/kernel': [1] })];
    const { updateFile, stateFile, header } = await deep.train({
      bases,
      strategy: { key: 'fed-rep', headEpochs: 1 },
      // AdamW would shrink weights without any gradient: fixed ones must not move.
      training: {
        localEpochs: 1,
        batchSize: 16,
        seed: 1,
        optimizer: { key: 'sgd', learningRate: 0.5 },
      },
    });

    // The head sees 2 · 1: one step as above. Then logits 2 · 0.5 + 0.25.
    expect(await numbersOf(stateFile)).toEqual({
      'local/dense-2/kernel': [0.5, -0.5],
      'local/dense-2/bias': [0.25, -0.25],
    });
    const wrong = 1 - 1 / (1 + Math.exp(-2.5));
    const { 'delta/dense-1/kernel': kernel, 'delta/dense-1/bias': bias } = await numbersOf(updateFile);
    expect(kernel![0]).toBeCloseTo(wrong, 6);
    expect(bias![0]).toBeCloseTo(wrong / 2, 6);
    expect(Object.keys(header.roles).sort()).toEqual(['delta/dense-1/bias', 'delta/dense-1/kernel']);
  });

  it('keeps fixed weights to the bit, whatever the optimizer decays', async () => {
    const bases = [await deep.version({ 'dense-1/kernel': [0.1], 'dense-2/kernel': [0.3, -0.7] })];
    const optimizer = { key: 'adamw', learningRate: 0.1, weightDecay: 0.5 } as const;
    const training = { localEpochs: 3, batchSize: 16, seed: 1, optimizer };
    const strategy = (headEpochs: number) => ({ key: 'fed-rep', headEpochs });
    const short = await deep.train({
      bases,
      training: { ...training, localEpochs: 1 },
      strategy: strategy(2),
    });
    const long = await deep.train({
      bases,
      training: { ...training, localEpochs: 5 },
      strategy: strategy(2),
    });

    // The head is that of its two epochs, however long the body trains after it.
    expect(await numbersOf(long.stateFile)).toEqual(await numbersOf(short.stateFile));
    expect(await numbersOf(long.updateFile)).not.toEqual(await numbersOf(short.updateFile));
  });

  it('trains its own last layer together with the shared ones under fed-per, from round to round', async () => {
    const bases = [await deep.version({ 'dense-1/kernel': [1] })];
    const strategy = { key: 'fed-per' };
    const first = await deep.train({ bases, strategy });
    const second = await deep.train({ bases, strategy, round: 2, stateFile: first.stateFile });

    // Nothing of a head of zeros goes back into the body.
    expect(await numbersOf(first.updateFile)).toEqual({
      'delta/dense-1/kernel': [0],
      'delta/dense-1/bias': [0],
    });
    expect(await numbersOf(first.stateFile)).toEqual({
      'local/dense-2/kernel': [0.5, -0.5],
      'local/dense-2/bias': [0.25, -0.25],
    });
    const wrong = 1 - 1 / (1 + Math.exp(-2.5));
    const { 'delta/dense-1/kernel': kernel } = await numbersOf(second.updateFile);
    expect(kernel![0]).toBeCloseTo(wrong, 6);
    const { 'local/dense-2/kernel': head } = await numbersOf(second.stateFile);
    expect(head![0]).toBeCloseTo(0.5 + 0.5 * 2 * wrong, 6);
  });

  it.each(['fed-per', 'fed-rep'])('never sends values of its own tensors under %s', async (key) => {
    const bases = [await deep.version({ 'dense-1/kernel': [1], 'dense-2/kernel': [0.3, -0.7] })];
    const training = {
      localEpochs: 3,
      batchSize: 16,
      seed: 1,
      optimizer: { key: 'sgd', learningRate: 0.5 },
    } as const;
    const first = await deep.train({ bases, strategy: { key }, training });
    const second = await deep.train({
      bases,
      strategy: { key },
      training,
      round: 2,
      stateFile: first.stateFile,
    });

    const own = Object.values(await numbersOf(second.stateFile)).flat();
    for (const { bytes } of [first, second]) {
      for (const value of own) expect(bytes.includes(Buffer.from(Float32Array.of(value).buffer))).toBe(false);
    }
  });

  it('picks the version with the least loss on its examples under ifca, and says which', async () => {
    const bases = [
      await site.version({}, 'group-1'),
      await site.version({ 'dense-1/kernel': [1, -1] }, 'group-2'),
      await site.version({ 'dense-1/kernel': [-1, 1] }, 'group-3'),
    ];
    const { header } = await site.train({ bases, strategy: { key: 'ifca', groups: 3 } });

    expect(header.baseSha256).toBe(bases[1]!.sha256);
    expect(header.scalars['group']).toBe(1);
    expect(header.scalars['baseLoss']).toBeCloseTo(Math.log(1 + Math.exp(-4)), 6);
  });

  it('takes the first of versions with equal losses', async () => {
    const bases = [await site.version({}, 'group-1'), await site.version({}, 'group-2')];
    const { header } = await site.train({ bases, strategy: { key: 'ifca', groups: 2 } });

    expect(header.scalars).toMatchObject({ group: 0, baseLoss: expect.closeTo(Math.log(2), 6) });
  });

  it('tells its steps and its loss on the base where the strategy asks for them', async () => {
    const bases = [await site.version()];
    const nova = await site.train({ bases, strategy: { key: 'fed-nova' } });
    const fair = await site.train({ bases, strategy: { key: 'q-fed-avg' } });

    expect(nova.header.scalars['localSteps']).toBe(1);
    expect(fair.header.scalars['baseLoss']).toBeCloseTo(Math.log(2), 6);
  });

  it('says that what it kept was lost', async () => {
    const { header } = await site.train({
      bases: [await site.version()],
      strategy: { key: 'scaffold' },
      isStateLost: true,
    });

    expect(header.scalars['stateLost']).toBe(1);
  });

  it('refuses the state of another strategy, and one of another model', async () => {
    const bases = [await site.version()];
    const { stateFile } = await site.train({ bases, strategy: { key: 'scaffold' } });

    const other = site.train({ bases, strategy: { key: 'fed-dyn' }, stateFile });
    await expect(other).rejects.toMatchObject({ code: 'E_MALFORMED_SAFETENSORS' });
    const elsewhere = deep.train({
      bases: [await deep.version()],
      strategy: { key: 'scaffold' },
      stateFile,
    });
    await expect(elsewhere).rejects.toMatchObject({ code: 'E_MALFORMED_SAFETENSORS' });
  });
});
