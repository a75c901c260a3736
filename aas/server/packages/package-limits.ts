import type { PackageLimits } from '../../aasx/open-package.ts';

/** How much more than its longest file a package may unpack to. */
const FILES_IN_A_PACKAGE = 16;
/** A model is held in memory while it is read. */
const LONGEST_MODEL_BYTES = 256 * 1024 ** 2;

/** What a package may ask of this machine, from the longest attachment that is allowed. */
export function packageLimits(attachmentLimitBytes: number): PackageLimits {
  return {
    partBytes: Math.max(attachmentLimitBytes, LONGEST_MODEL_BYTES),
    modelBytes: LONGEST_MODEL_BYTES,
    totalBytes: FILES_IN_A_PACKAGE * attachmentLimitBytes,
  };
}
