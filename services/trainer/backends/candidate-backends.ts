import { existsSync } from 'node:fs';
import type { BackendPlan } from './backend-plan.ts';
import type { RefusedBackend } from './choose-backend.ts';
import { expectedNumerics, installedBackend } from './installed-backend.ts';
import { nodeMajor, wasmNumerics } from './wasm-numerics.ts';

/** The backends that may work here, before they are tried, and those that cannot. */
export interface Candidates {
  /** The first one's bits are the same everywhere. */
  readonly plans: readonly BackendPlan[];
  readonly absent: readonly RefusedBackend[];
}

interface CandidateOptions {
  /** Where `setup:tensorflow` puts what it brings. */
  readonly cacheFolder: string;
  /** Whether a GPU imitated in software will do. */
  readonly softwareGpu: boolean;
}

/** Version of Node.js from which relaxed SIMD runs without a flag. */
const RELAXED_SIMD_NODE = 22;
const SETUP = 'npm run setup:tensorflow';

/** Looks for backends without loading any. */
export function candidateBackends({ cacheFolder, softwareGpu }: CandidateOptions): Candidates {
  const plans: BackendPlan[] = [{ numerics: wasmNumerics('simd') }];
  const absent: RefusedBackend[] = [];
  if (nodeMajor() >= RELAXED_SIMD_NODE) plans.push({ numerics: wasmNumerics('relaxed-simd') });
  else {
    const reason = `needs Node.js ${RELAXED_SIMD_NODE} or newer`;
    absent.push({ numerics: wasmNumerics('relaxed-simd'), reason });
  }
  const forGpu = installedBackend('tensorflow-gpu', cacheFolder);
  const folder = forGpu ?? installedBackend('tensorflow', cacheFolder);
  const tensorflow = { numerics: expectedNumerics('tensorflow') };
  if (folder !== undefined) plans.push({ ...tensorflow, folder });
  else absent.push({ ...tensorflow, reason: `not set up (${SETUP})` });
  if (forGpu === undefined && hasNvidiaDriver()) {
    const reason = `there is an NVIDIA GPU, but not its libraries (${SETUP} -- --gpu)`;
    absent.push({ numerics: { backend: 'tensorflow', build: 'on the GPU' }, reason });
  }
  const webgpuFolder = installedBackend('webgpu', cacheFolder);
  const webgpu = { numerics: expectedNumerics('webgpu') };
  if (webgpuFolder !== undefined) plans.push({ ...webgpu, folder: webgpuFolder, softwareGpu });
  else absent.push({ ...webgpu, reason: `not set up (${SETUP} -- --webgpu)` });
  return { plans, absent };
}

function hasNvidiaDriver(): boolean {
  return existsSync('/proc/driver/nvidia/version');
}
