import { availableParallelism } from 'node:os';
import { type BackendPlan, describeNumerics } from './backends/backend-plan.ts';
import { candidateBackends } from './backends/candidate-backends.ts';
import { chooseBackend, type RefusedBackend } from './backends/choose-backend.ts';
import { probeBackend } from './backends/probe-backend.ts';
import type { ProbeResult } from './backends/probe-messages.ts';
import { sharedMemoryBytes } from './backends/shared-memory.ts';

export {
  backendFolder,
  expectedNumerics,
  INSTALLED_MARKER,
  installedBackend,
  SHARED_LIBRARY_MODULE,
} from './backends/installed-backend.ts';
export { TFJS_VERSION } from './backends/versions.ts';
export { MODEL_KEYS } from './models/index.ts';
export { describeNumerics, probeBackend };

/** What the tensor backends of this machine are and do with a small network. */
export interface BackendsReport {
  readonly working: readonly { readonly plan: BackendPlan; readonly measured: ProbeResult }[];
  readonly refused: readonly RefusedBackend[];
  /** What a trainer with a slot a core would take for the small network; undefined where nothing works. */
  readonly chosen: BackendPlan | undefined;
}

/**
 * Tries each backend that may work here in a process of its own, one after the other.
 * @throws CodedError `E_NOT_BUILT`.
 */
export async function probeBackends(cacheFolder: string): Promise<BackendsReport> {
  const { plans, absent } = candidateBackends({ cacheFolder, softwareGpu: false });
  const working: { plan: BackendPlan; measured: ProbeResult }[] = [];
  const refused: RefusedBackend[] = [...absent];
  for (const plan of plans) {
    const answer = await probeBackend({ plan });
    if (answer.kind === 'result') {
      working.push({ plan: { ...plan, numerics: answer.result.numerics }, measured: answer.result });
    } else refused.push({ numerics: plan.numerics, reason: answer.message });
  }
  const rule = { reproducible: false, memoryLimitBytes: sharedMemoryBytes(availableParallelism()) };
  const chosen = working.length === 0 ? undefined : chooseBackend(working, rule).chosen.plan;
  return { working, refused, chosen };
}
