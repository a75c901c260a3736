import type { Finding } from '../../validation/finding.ts';

/** A finding with the file or the stored object that it is about. */
export interface CheckedFinding extends Finding {
  /** A file, or the id of an identifiable. */
  readonly source: string;
  /** Line of the file, where the input has lines. */
  readonly line?: number;
}
