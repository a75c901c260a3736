import type { Journal } from './journal.ts';
import type { Window } from './window-cutter.ts';

/**
 * Reads a window's samples into an array of the profile's length.
 * @returns the part of it that they fill: all of it, but for a short segment.
 */
export function readWindow(journal: Journal, window: Window, into: Float32Array): Float32Array {
  let position = 0;
  for (const { offset, length } of window.pieces) {
    journal.readSamples(offset, into.subarray(position, position + length));
    position += length;
  }
  return into.subarray(0, position);
}
