import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { CodedError } from '../../../runtime/errors.ts';
import type { TensorFlow } from '../models/model.ts';
import { ownNumerics } from './numerics.ts';

let loading: Promise<TensorFlow> | undefined;

/**
 * The tensor library on its WASM backend, plain SIMD, one thread. Only a training process loads it.
 * @throws CodedError `E_TRAINING_FAILED` where the library is another than the numerics say, or the machine has no SIMD.
 */
export function loadTensorFlow(): Promise<TensorFlow> {
  loading ??= load();
  return loading;
}

async function load(): Promise<TensorFlow> {
  const { library } = ownNumerics();
  if (library !== `tfjs ${tf.version_core}`) {
    throw new CodedError('E_TRAINING_FAILED', `found tfjs ${tf.version_core}, expected ${library}`);
  }
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) {
    throw new CodedError('E_TRAINING_FAILED', 'this machine cannot run WebAssembly with SIMD');
  }
  // Threads would make sums depend on the number of cores, and two processes use two cores better.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await tf.setBackend('wasm'))) {
    throw new CodedError('E_TRAINING_FAILED', 'the WASM backend of the tensor library does not start');
  }
  return tf;
}
