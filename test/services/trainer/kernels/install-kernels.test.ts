import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-cpu';
import { installWasmKernels } from '../../../../services/trainer/backends/wasm/install-kernels.ts';
import { fusedAdam } from '../../../../services/trainer/backends/wasm/optimiser-steps.ts';

/** Engines before this version refuse relaxed SIMD. */
const RELAXED_SIMD_NODE = 22;
const hasRelaxedSimd = Number(process.versions.node.split('.')[0]) >= RELAXED_SIMD_NODE;

describe('the installation of our WASM kernels', () => {
  beforeAll(() => tf.env().set('PROD', true));

  it('leaves another backend alone', async () => {
    await tf.setBackend('cpu');

    expect(await installWasmKernels(tf)).toBeUndefined();
    expect(tf.getKernel('UnsortedSegmentSum', 'wasm')).toBeUndefined();
  });

  it('takes the fastest build that runs here', async () => {
    await tf.setBackend('wasm');

    expect(await installWasmKernels(tf)).toBe(hasRelaxedSimd ? 'relaxed-simd' : 'simd');
    expect(tf.getKernel('UnsortedSegmentSum', 'wasm')).toBeDefined();
  });

  it('refuses another version of the library', async () => {
    await tf.setBackend('wasm');

    // The types know this version's number only.
    const later = { ...tf, version_core: '4.23.0' } as unknown as typeof tf;

    expect(await installWasmKernels(later)).toBeUndefined();
  });

  it('gives the fused steps only while the library computes with it', async () => {
    await tf.setBackend('wasm');
    await installWasmKernels(tf, 'simd');
    const one = tf.tensor1d([1]);
    const step = { weights: one, gradients: one, mean: one, square: one };
    const numbers = { rate: 0.1, decay1: 0.9, decay2: 0.999, epsilon: 1e-7, weightDecay: 0 };

    expect(fusedAdam(tf, { ...step, ...numbers })?.weights.shape).toEqual([1]);
    await tf.setBackend('cpu');
    expect(fusedAdam(tf, { ...step, ...numbers })).toBeUndefined();
  });
});
