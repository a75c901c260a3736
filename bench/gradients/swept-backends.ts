import { defaultCacheFolder } from '../../queue/cache-folder.ts';
import type { BackendPlan } from '../../services/trainer/backends/backend-plan.ts';
import { candidateBackends } from '../../services/trainer/backends/candidate-backends.ts';
import { nodeMajor, wasmNumerics } from '../../services/trainer/backends/wasm-numerics.ts';

/** A backend that can be swept here, or why not. */
export interface SweptBackend {
  /** Such as `wasm relaxed-simd 3`. */
  readonly name: string;
  readonly plan?: BackendPlan;
  readonly absent?: string;
}

/** From this version on the engine knows relaxed SIMD, if only by a flag. */
const KNOWS_RELAXED_SIMD = 20;

/** All backends: those that are here, a GPU imitated in software too, and the reasons why the others are not. */
export function sweptBackends(): SweptBackend[] {
  const { plans, absent } = candidateBackends({ cacheFolder: defaultCacheFolder(), softwareGpu: true });
  const name = ({ backend, build }: Pick<BackendPlan['numerics'], 'backend' | 'build'>) =>
    `${backend} ${build}`;
  const here: SweptBackend[] = plans.map((plan) => ({ name: name(plan.numerics), plan }));
  const relaxed = wasmNumerics('relaxed-simd');
  const byFlag = nodeMajor() >= KNOWS_RELAXED_SIMD && here.every((each) => each.name !== name(relaxed));
  if (byFlag) here.splice(1, 0, { name: name(relaxed), plan: { numerics: relaxed } });
  const missing = absent.filter(({ numerics }) => here.every((each) => each.name !== name(numerics)));
  return [...here, ...missing.map(({ numerics, reason }) => ({ name: name(numerics), absent: reason }))];
}
