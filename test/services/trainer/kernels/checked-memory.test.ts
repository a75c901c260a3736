import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { installWasmKernels } from '../../../../services/trainer/backends/wasm/install-kernels.ts';
import { kernelHost } from '../../../../services/trainer/backends/wasm/kernel-host.ts';

const PIECE_NUMBERS = 64 * 1024 ** 2;
const ADDRESS_SPACE_BYTES = 2 ** 32;

describe('the memory of the WASM backend', () => {
  beforeAll(async () => {
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    await tf.setBackend('wasm');
    await installWasmKernels(tf, 'simd');
  });

  it('refuses what it has no room for, keeps what is there, and serves what fits', async () => {
    const host = kernelHost(tf)!;
    const kept = tf.tensor1d([1, 2, 3]);
    // Nothing is written to them, so that the system gives no memory.
    const pieces: tf.Tensor[] = [];
    let refusal: unknown;
    for (let count = 0; count < 20 && refusal === undefined; count += 1) {
      try {
        pieces.push(host.newTensor([PIECE_NUMBERS]));
      } catch (thrown) {
        refusal = thrown;
      }
    }

    expect(refusal).toMatchObject({ code: 'E_OUT_OF_MEMORY', details: { limit: 'process' } });
    expect(pieces.length).toBeGreaterThan(10);
    for (const piece of pieces) {
      const address = host.addressOf(piece);
      expect(address).toBeGreaterThan(0);
      expect(address + 4 * PIECE_NUMBERS).toBeLessThan(ADDRESS_SPACE_BYTES);
    }
    tf.dispose(pieces);
    const sum = tf.add(kept, 1);
    expect([...(await sum.data())]).toEqual([2, 3, 4]);
    tf.dispose([kept, sum]);
  });

  it('refuses at once what no address reaches', () => {
    expect(() => kernelHost(tf)!.newTensor([2 ** 30])).toThrow('WebAssembly');
    expect(() => kernelHost(tf)!.workspace(2 ** 32)).toThrow('WebAssembly');
  });

  it('gives working memory again after it was refused some', () => {
    const host = kernelHost(tf)!;
    expect(() => host.workspace(2 ** 32)).toThrow('WebAssembly');

    const address = host.workspace(1024);

    host.kernels.clear(address, 1024);
    expect(address).not.toBe(0);
  });
});
