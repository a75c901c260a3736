import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-backend-cpu';
import { loadWasm } from '../../../../services/trainer/backends/load-wasm.ts';
import { OPERATIONS, type Operation } from './differentiable-operations.ts';

const TOLERANCE = 1e-5;

/** Gradients by all inputs of the operation's output times fixed numbers, and the output itself. */
async function gradientsOn(backend: string, { inputs, run }: Operation): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  const tensors = inputs.map(({ values, shape }) => tf.tensor(values.slice(), shape));
  const weighed = (...given: tf.Tensor[]) => {
    const output = run(tf, given);
    const factors = tf.tensor(
      Float32Array.from({ length: output.size }, (_, index) => Math.cos(index)),
      output.shape,
    );
    return tf.sum(tf.mul(output, factors));
  };
  const gradients = tf.grads(weighed)(tensors);
  const output = tf.tidy(() => run(tf, tensors));
  const read = await Promise.all(
    [...gradients, output].map(async (tensor) => Float32Array.from(await tensor.data())),
  );
  tf.dispose([...tensors, ...gradients, output]);
  return read;
}

/** Largest difference over the largest value, of all arrays. */
function relativeDifference(found: readonly Float32Array[], expected: readonly Float32Array[]): number {
  return Math.max(
    ...expected.map((array, which) => {
      const largest = array.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
      return array.reduce((most, value, index) => {
        const difference = Math.abs(value - found[which]![index]!);
        return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(most, difference / largest);
      }, 0);
    }),
  );
}

/** Engines before Node 22 refuse relaxed SIMD; its tests are then skipped by name. */
const runsRelaxed = Number(process.versions.node.split('.')[0]) >= 22;

describe.each([
  { build: 'simd', describeHere: describe },
  { build: 'relaxed-simd', describeHere: runsRelaxed ? describe : describe.skip },
] as const)('kernels by build', ({ build, describeHere }) => {
  describeHere(`the WASM backend with our ${build} kernels`, () => {
    beforeAll(async () => {
      // Keeps the library from advertising its other packages.
      tf.env().set('PROD', true);
      await loadWasm(build);
    });

    it.each(OPERATIONS.map((operation) => [operation.name, operation] as const))(
      'has the gradients of %s',
      async (_name, operation) => {
        const expected = await gradientsOn('cpu', operation);

        const found = await gradientsOn('wasm', operation);

        expect(found.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
        expect(relativeDifference(found, expected)).toBeLessThanOrEqual(TOLERANCE);
      },
    );
  });
});
