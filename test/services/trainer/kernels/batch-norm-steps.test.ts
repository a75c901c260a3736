import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { randomStream } from '../../../../learning/random.ts';
import { loadWasm } from '../../../../services/trainer/backends/load-wasm.ts';
import { batchNorm } from '../../../../services/trainer/models/layers/batch-norm.ts';
import type { Mode } from '../../../../services/trainer/models/model.ts';

/** Output, running statistics, slope and gradients of a layer on a backend, in double precision's place the CPU's. */
async function layerOn(backend: string, channels: number, mode: Mode): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  const random = randomStream({ seed: 5, round: 0, participant: 'main', purpose: 'batch-norm' });
  const draw = (shape: number[], offset: number) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return tf.tensor(
      Float32Array.from({ length: size }, () => random.normal() + offset),
      shape,
    );
  };
  const layer = batchNorm(tf, 'norm')([45, 31, channels]);
  const weights = [1, 0, 3, 4].map((offset) => tf.abs(draw([channels], offset)));
  const [input, slope] = [draw([6, 45, 31, channels], 3), draw([6, 45, 31, channels], 0.1)];
  const results = tf.tidy(() => {
    const forward = layer.forward(weights, input, mode);
    const backward = layer.backward(weights, input, forward, slope, mode);
    return [forward.output, ...(forward.statistics ?? []), backward.slope, ...backward.gradients];
  });
  return Promise.all(results.map(async (tensor) => Float32Array.from(await tensor.data())));
}

describe('batch norm by our kernels', () => {
  beforeAll(async () => {
    tf.env().set('PROD', true);
    await loadWasm('simd');
  });

  it.each(
    [1, 5, 16, 22].flatMap((channels) => [
      { channels, mode: 'training' as const },
      { channels, mode: 'inference' as const },
    ]),
  )(
    'gives what the library’s operations give, with $channels channels in $mode',
    async ({ channels, mode }) => {
      const expected = await layerOn('cpu', channels, mode);

      const found = await layerOn('wasm', channels, mode);

      expect(found.length).toBe(mode === 'training' ? 6 : 4);
      for (const [index, values] of expected.entries()) {
        const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
        const difference = values.reduce(
          (most, value, at) => Math.max(most, Math.abs(value - found[index]![at]!)),
          0,
        );
        expect(difference / largest).toBeLessThanOrEqual(1e-5);
      }
    },
  );
});
