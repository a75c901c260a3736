import type { ErrorCode } from '../../runtime/errors.ts';

/** One thing that `fedshell doctor` looked at. */
export interface Finding {
  readonly name: string;
  /** `missing` is needed; `note` works without, or works in another way. */
  readonly status: 'ok' | 'note' | 'missing';
  /** What was found, in words. */
  readonly found: string;
  /** How to get what is missing. */
  readonly remedy?: string;
  /** The failure that a start would end with. */
  readonly code?: ErrorCode;
}
