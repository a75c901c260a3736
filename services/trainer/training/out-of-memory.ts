import { CodedError } from '../../../runtime/errors.ts';

/**
 * How V8, the WASM backend (which aborts without a word when it cannot grow), libtensorflow, CUDA and WebGPU say that
 * there is no memory left. None of them has a code for it.
 */
const WORDS =
  /out of memory|bad_alloc|OOM when allocating|RESOURCE_?EXHAUSTED|allocation failed|Aborted\(|could not allocate memory|OUT_OF_(?:DEVICE_|HOST_)?MEMORY/i;

/** Of these, what is said of a limit that each process has for itself: the heap of V8, the addresses of WASM. */
const WORDS_OF_OWN_LIMIT = /JavaScript heap|Array buffer allocation failed|Aborted\(/i;

/** Whether an error's message, or the last words of a process, say that memory was short. */
export function tellsOfMemory(text: string): boolean {
  return WORDS.test(text);
}

interface Want {
  /** What was said of it, by a library or as last words. @defaultValue nothing */
  readonly words?: string;
  readonly cause?: unknown;
}

/** A training process ran out of memory. @param what it needed it for, or how it ended. */
export function outOfMemory(what: string, { words = '', cause }: Want = {}): CodedError {
  return new CodedError('E_OUT_OF_MEMORY', `the training process ran out of memory: ${what}`, {
    cause,
    ...(WORDS_OF_OWN_LIMIT.test(words) && { details: { limit: 'process' } }),
  });
}

/** Whether a process came to a limit of its own: it would not have got further with fewer beside it. */
export function isOwnLimit({ code, details }: CodedError): boolean {
  return code === 'E_OUT_OF_MEMORY' && details['limit'] === 'process';
}
