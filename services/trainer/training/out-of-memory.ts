import { CodedError } from '../../../runtime/errors.ts';

/**
 * How V8, the WASM backend (which aborts without a word when it cannot grow), libtensorflow, CUDA and WebGPU say that
 * there is no memory left. None of them has a code for it.
 */
const WORDS =
  /out of memory|bad_alloc|OOM when allocating|RESOURCE_?EXHAUSTED|allocation failed|Aborted\(|could not allocate memory|OUT_OF_(?:DEVICE_|HOST_)?MEMORY/i;

/** Whether an error's message, or the last words of a process, say that memory was short. */
export function tellsOfMemory(text: string): boolean {
  return WORDS.test(text);
}

/** A training process ran out of memory. @param what it needed it for, or how it ended. */
export function outOfMemory(what: string, cause?: unknown): CodedError {
  return new CodedError('E_OUT_OF_MEMORY', `the training process ran out of memory: ${what}`, { cause });
}
