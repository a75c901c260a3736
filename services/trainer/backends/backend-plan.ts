import type { Numerics } from '../../../openapi/schemas.ts';

/** What a process is to compute with: handed to training and probing processes, so it is plain data. */
export interface BackendPlan {
  readonly numerics: Numerics;
  /** Folder that `setup:tensorflow` filled, for the backends that need one. */
  readonly folder?: string;
  /** Whether a GPU that is only imitated in software will do. */
  readonly softwareGpu?: boolean;
}

/** Whether two plans or the numerics of two runs give equal bits. */
export function sameNumerics(one: Numerics, other: Numerics): boolean {
  return numericsKey(one) === numericsKey(other);
}

/** The numerics in a few words, such as `wasm simd-1 (tfjs 4.22.0, Node.js 20)`. */
export function describeNumerics({ backend, build, library, node, device }: Numerics): string {
  return `${backend} ${build}${device === 'gpu' ? ' on a GPU' : ''} (${library}, Node.js ${node})`;
}

function numericsKey({ backend, build, library, node, device = 'cpu' }: Numerics): string {
  return [backend, build, library, node, device].join('\n');
}
