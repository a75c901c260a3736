import type { Numerics, TrainingSpec } from '../../../openapi/schemas.ts';
import { chooseNumerics } from '../../../services/aggregator/runs/choose-numerics.ts';

const training: TrainingSpec = {
  localEpochs: 1,
  batchSize: 8,
  seed: 1,
  optimizer: { key: 'sgd', learningRate: 0.1 },
};

const numerics = (backend: string, device?: 'gpu'): Numerics => ({
  backend,
  build: '1',
  library: 'tfjs 4.22.0',
  node: 20,
  ...(device !== undefined && { device }),
});
const wasm = numerics('wasm');
const native = numerics('tensorflow');
const gpu = numerics('tensorflow', 'gpu');

describe('the numerics of a run', () => {
  it('are the best of the first pool where all can compute with it', () => {
    const offers = [
      { best: native, all: [wasm, native] },
      { best: wasm, all: [wasm, native] },
    ];

    expect(chooseNumerics(offers, training)).toBe(native);
  });

  it('are what every pool can compute with, even if it is the best of none', () => {
    const offers = [
      { best: native, all: [wasm, native] },
      { best: gpu, all: [wasm, gpu] },
    ];

    expect(chooseNumerics(offers, training)).toBe(wasm);
  });

  it('are on a GPU where the run demands one, whoever else has none', () => {
    const offers = [
      { best: wasm, all: [wasm] },
      { best: gpu, all: [wasm, gpu] },
    ];

    expect(chooseNumerics(offers, { ...training, device: 'gpu' })).toBe(gpu);
  });

  it('are refused where the run demands a GPU and nobody has one', () => {
    const choose = () => chooseNumerics([{ best: native, all: [wasm] }], { ...training, device: 'gpu' });

    expect(choose).toThrow(expect.objectContaining({ code: 'E_NO_GPU' }));
  });
});
