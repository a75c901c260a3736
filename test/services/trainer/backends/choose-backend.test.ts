import {
  type ChoiceRule,
  chooseBackend,
  type WorkingBackend,
} from '../../../../services/trainer/backends/choose-backend.ts';

const MEBIBYTE = 1024 ** 2;
const RULE: ChoiceRule = { reproducible: false, memoryLimitBytes: 1000 * MEBIBYTE };

function backend(
  name: string,
  stepsPerSecond: number,
  memoryMebibytes: number,
  device?: 'gpu',
): WorkingBackend {
  const numerics = {
    backend: name,
    build: '1',
    library: 'tfjs 4.22.0',
    node: 20,
    ...(device !== undefined && { device }),
  };
  const peakBytes = memoryMebibytes * MEBIBYTE;
  return { plan: { numerics }, measured: { numerics, stepsPerSecond, peakBytes, startMs: 100 } };
}

const wasm = backend('wasm', 100, 200);
const tensorflow = backend('tensorflow', 130, 550);
const webgpu = backend('webgpu', 90, 300, 'gpu');

describe('the choice of a backend', () => {
  it('takes what measured faster on a processor', () => {
    const { chosen, refused } = chooseBackend([wasm, tensorflow], RULE);

    expect(chosen).toBe(tensorflow);
    expect(refused).toEqual([{ numerics: wasm.plan.numerics, reason: 'slower: 100 steps/s against 130' }]);
  });

  it('takes none that needs more memory than a slot has', () => {
    const rule = { ...RULE, memoryLimitBytes: 500 * MEBIBYTE };
    const { chosen, refused } = chooseBackend([wasm, tensorflow], rule);

    expect(chosen).toBe(wasm);
    expect(refused[0]?.reason).toBe('it needs 550 MiB, a slot has 500 MiB');
  });

  it('takes the smallest where none keeps the limit', () => {
    const rule = { ...RULE, memoryLimitBytes: 100 * MEBIBYTE };

    expect(chooseBackend([wasm, tensorflow], rule).chosen).toBe(wasm);
  });

  it('takes a GPU that is there, whatever was measured of the others', () => {
    const { chosen, refused } = chooseBackend([wasm, tensorflow, webgpu], RULE);

    expect(chosen).toBe(webgpu);
    expect(refused.map(({ reason }) => reason)).toEqual(['there is a GPU', 'there is a GPU']);
  });

  it('takes the one that the trainer file names', () => {
    const { chosen, refused } = chooseBackend([wasm, tensorflow, webgpu], { ...RULE, setting: 'wasm' });

    expect(chosen).toBe(wasm);
    expect(refused.map(({ reason }) => reason)).toEqual([
      'the trainer file names wasm',
      'the trainer file names wasm',
    ]);
  });

  it('gives a reproducible run the first, even against a setting', () => {
    const rule = { ...RULE, setting: 'tensorflow', reproducible: true };

    expect(chooseBackend([wasm, tensorflow, webgpu], rule).chosen).toBe(wasm);
  });
});
