import { readSync } from 'node:fs';
import type { ReadBytes } from './sample-format.ts';

/** Reads the few short pieces that make up a header. */
export function headerReader(fileDescriptor: number): ReadBytes {
  return (position, length) => {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readSync(fileDescriptor, bytes, 0, length, position));
  };
}
