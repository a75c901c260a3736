import type { GapCause } from '../../../connectors/connector.ts';

/** Why windows were left out; the keys of `excludedWindows`. What the gap ledger explains has the cause of its row. */
export type ExclusionCause =
  | GapCause
  /** Something is missing, by the numbers of the blocks, and no row of the ledger says why. */
  | 'gap'
  | 'short-segment'
  | 'label-change'
  | 'lot-change'
  | 'product-change'
  | 'unlabelled'
  | 'unknown-class'
  /** A point of the common grid for which a signal has no value that is new enough. */
  | 'no-value'
  | 'beyond-maximum';
