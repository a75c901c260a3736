import type { Numerics } from '../../../openapi/schemas.ts';
import type { BackendPlan } from './backend-plan.ts';
import type { ProbeResult } from './probe-messages.ts';

/** A backend that works here, with what was measured of it; none where there was nothing to choose between. */
export interface WorkingBackend {
  readonly plan: BackendPlan;
  readonly measured?: ProbeResult;
}

/** A backend that is not used, and why. */
export interface RefusedBackend {
  readonly numerics: Pick<Numerics, 'backend' | 'build'>;
  readonly reason: string;
}

/** What a choice depends on besides the backends. */
export interface ChoiceRule {
  /** Backend that the trainer file names; any if it names none. */
  readonly setting?: string;
  /** The run computes with what gives the same bits on every machine. */
  readonly reproducible: boolean;
  /** Most memory of a training process, in bytes. */
  readonly memoryLimitBytes: number;
}

/** The backend to use and why each other one is not. */
export interface Choice {
  readonly chosen: WorkingBackend;
  readonly refused: readonly RefusedBackend[];
}

/**
 * The one that a setting names, else a GPU that is there, else what measured faster within the memory limit. Where none
 * keeps the limit, the smallest is taken: the limit is there to choose, a job would fail without need.
 * @param working not empty; the first is the one whose bits are the same everywhere.
 */
export function chooseBackend(working: readonly WorkingBackend[], rule: ChoiceRule): Choice {
  const [reproducible] = working;
  if (reproducible === undefined) throw new RangeError('a choice needs a backend');
  if (rule.reproducible) return choice(reproducible, working, () => 'its bits are not the same everywhere');
  const { setting } = rule;
  const named =
    setting === undefined ? working : working.filter(({ plan }) => plan.numerics.backend === setting);
  const pool = named.length > 0 ? named : [reproducible];
  const onGpu = pool.filter(({ plan }) => plan.numerics.device === 'gpu');
  const fitting = (onGpu.length > 0 ? onGpu : pool).filter(
    ({ measured }) => (measured?.peakBytes ?? 0) <= rule.memoryLimitBytes,
  );
  const chosen =
    best(fitting, ({ measured }) => measured?.stepsPerSecond ?? 0) ??
    best(pool, ({ measured }) => -(measured?.peakBytes ?? 0))!;
  return choice(chosen, working, (other) => {
    if (!pool.includes(other)) return `the trainer file names ${setting}`;
    if (onGpu.length > 0 && !onGpu.includes(other)) return 'there is a GPU';
    const { stepsPerSecond = 0, peakBytes = 0 } = other.measured ?? {};
    if (peakBytes > rule.memoryLimitBytes) {
      return `it needs ${mebibytes(peakBytes)} MiB, a slot has ${mebibytes(rule.memoryLimitBytes)} MiB`;
    }
    return `slower: ${stepsPerSecond} steps/s against ${chosen.measured?.stepsPerSecond ?? 0}`;
  });
}

function choice(
  chosen: WorkingBackend,
  working: readonly WorkingBackend[],
  reason: (other: WorkingBackend) => string,
): Choice {
  const others = working.filter((backend) => backend !== chosen);
  const refused = others.map((other) => ({ numerics: other.plan.numerics, reason: reason(other) }));
  return { chosen, refused };
}

/** The one with the highest mark, the first of equals. */
function best<Value>(values: readonly Value[], mark: (value: Value) => number): Value | undefined {
  return values.reduce<Value | undefined>(
    (so, value) => (so === undefined || mark(value) > mark(so) ? value : so),
    undefined,
  );
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}
