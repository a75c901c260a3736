import type { Window } from './window-cutter.ts';

const BYTES_PER_SAMPLE = Float32Array.BYTES_PER_ELEMENT;

/** Byte offset of a window's first sample in the samples file, where nothing ever moves. */
export function offsetOf(window: Window): number {
  return window.pieces[0]?.offset ?? 0;
}

/** The id by which people name a window: `w` and the number of its first sample among all that ever arrived. */
export function windowId(offset: number): string {
  return `w${offset / BYTES_PER_SAMPLE}`;
}

/** Reads an id that `windowId` made; undefined for any other text. */
export function offsetOfId(id: string): number | undefined {
  return /^w(0|[1-9][0-9]{0,14})$/.test(id) ? Number(id.slice(1)) * BYTES_PER_SAMPLE : undefined;
}
