import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KERNELS_FILE } from '../../learning/aggregation/kernels.ts';
import { CodedError } from '../../runtime/errors.ts';
import { packageRoot } from '../../runtime/package-root.ts';

/** The kernels of the exact sum that the build compiled. @throws CodedError `E_NOT_BUILT` if there are none. */
export function readKernels(): Uint8Array {
  try {
    return readFileSync(join(packageRoot(), KERNELS_FILE));
  } catch (cause) {
    throw new CodedError('E_NOT_BUILT', `${KERNELS_FILE} is missing; run \`npm run build\``, { cause });
  }
}
