import type { Numerics } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';

/** What this process, and so a training process of the same Node, computes with. */
export function ownNumerics(): Numerics {
  return {
    backend: 'wasm',
    build: 'simd',
    library: 'tfjs 4.22.0',
    node: Number(process.versions.node.split('.')[0]),
  };
}

/**
 * Refuses a job of a run that computes with something else: its bits would differ.
 * @throws CodedError `E_NUMERICS_MISMATCH`
 */
export function requireNumerics(wanted: Numerics | undefined): void {
  if (wanted === undefined) return;
  const own = ownNumerics();
  const differing = (['backend', 'build', 'library', 'node'] as const).filter(
    (key) => wanted[key] !== own[key],
  );
  if (differing.length === 0) return;
  const list = differing.map((key) => `${key} ${wanted[key]} (here ${own[key]})`).join(', ');
  throw new CodedError('E_NUMERICS_MISMATCH', `the run computes with ${list}`);
}
