import type { Window } from './window.ts';

const BYTES_PER_SAMPLE = Float32Array.BYTES_PER_ELEMENT;

/** Where a window's first sample stands: where it was stored nothing ever moves, on a grid each epoch has points of its own. */
export interface WindowPlace {
  /** Byte offset. */
  readonly offset: number;
  readonly epoch: number;
}

/** The place of a window. */
export function placeOf({ pieces, epoch = 0 }: Window): WindowPlace {
  return { offset: pieces[0]?.offset ?? 0, epoch };
}

/** The id by which people name a window: `w`, the number of its first sample, and the epoch of the clock if that is not the first. */
export function windowId({ offset, epoch }: WindowPlace): string {
  return `w${offset / BYTES_PER_SAMPLE}${epoch === 0 ? '' : `-${epoch}`}`;
}

/** Whether a text has the form of a window's id. */
export function isWindowId(text: string): boolean {
  return /^w(0|[1-9][0-9]{0,15})(-[1-9][0-9]{0,8})?$/.test(text);
}
