import * as tf from '@tensorflow/tfjs-core';
import { LIBRARY_KEY } from './installed-backend.ts';

/** Gives the fetched packages our own copy of the library: a second one would cost 300 MB of disk and its memory. */
export function shareLibrary(): void {
  Reflect.set(globalThis, Symbol.for(LIBRARY_KEY), tf);
}
