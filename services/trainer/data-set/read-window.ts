import type { Journal } from './journal.ts';
import type { Window } from './window-cutter.ts';

/** Reads a window's samples into an array of its length. */
export function readWindow(journal: Journal, window: Window, into: Float32Array): void {
  let position = 0;
  for (const { offset, length } of window.pieces) {
    journal.readSamples(offset, into.subarray(position, position + length));
    position += length;
  }
}
