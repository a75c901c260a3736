/** How values become a value at a point of time: the newest, between two, or the mean of a step. */
export type AlignmentMethod = 'last' | 'linear' | 'mean';

/** Values of one signal in the order of their times, which need not be equidistant. */
export interface Series {
  readonly timesMs: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  /** 1 for a value that is good; anything that is not never becomes a number. */
  readonly good: ArrayLike<number>;
}

/** Points at multiples of 1 / `rateHz` since 1970, so that the same point is the same number wherever a grid begins. */
export interface TimeGrid {
  /** Number of the first point: it is at `first` / `rateHz` seconds. */
  readonly first: number;
  readonly rateHz: number;
}

/** How a signal is put on a grid. */
export interface Alignment {
  readonly method: AlignmentMethod;
  /** For `last` how old the value may be, for `linear` how far apart the two values may be, in milliseconds. */
  readonly maximumAgeMs: number;
  /** Whether something may be missing strictly between two times, so that no value reaches across. @defaultValue never */
  readonly isBroken?: (fromMs: number, toMs: number) => boolean;
}

/** What the mask says of a point. */
export const ALIGNED = { good: 0, none: 1, bad: 2, broken: 3 } as const;

/**
 * Puts a series on a grid. A point depends only on the values around it, never on the grid's begin or on the order in
 * which values arrived; a `mean` is of the values in (point - step, point].
 * @param into receives a value a point; 0 where the mask is not `ALIGNED.good`.
 * @param mask receives a number of `ALIGNED` a point.
 */
export function alignSeries(
  series: Series,
  grid: TimeGrid,
  alignment: Alignment,
  into: Float32Array,
  mask: Uint8Array,
): void {
  const { timesMs } = series;
  const at = METHODS[alignment.method];
  const stepMs = 1000 / grid.rateHz;
  /** How many values are not later than the point. */
  let passed = 0;
  for (let index = 0; index < into.length; index += 1) {
    const pointMs = pointTimeMs(grid, index);
    while (passed < timesMs.length && timesMs[passed]! <= pointMs) passed += 1;
    const found = at(series, passed, pointMs, stepMs, alignment);
    const isNumber = typeof found === 'object';
    into[index] = isNumber ? found.value : 0;
    mask[index] = isNumber ? ALIGNED.good : found;
  }
}

/** When a point of a grid is. */
export function pointTimeMs({ first, rateHz }: TimeGrid, index: number): number {
  return ((first + index) * 1000) / rateHz;
}

type Found = { readonly value: number } | number;

const METHODS: Record<
  AlignmentMethod,
  (series: Series, passed: number, pointMs: number, stepMs: number, alignment: Alignment) => Found
> = { last, linear, mean };

function last(
  { timesMs, values, good }: Series,
  passed: number,
  pointMs: number,
  _stepMs: number,
  { maximumAgeMs, isBroken }: Alignment,
): Found {
  const index = passed - 1;
  if (index < 0 || pointMs - timesMs[index]! > maximumAgeMs) return ALIGNED.none;
  if (isBroken?.(timesMs[index]!, pointMs) === true) return ALIGNED.broken;
  return good[index] === 1 ? { value: values[index]! } : ALIGNED.bad;
}

function linear(
  { timesMs, values, good }: Series,
  passed: number,
  pointMs: number,
  _stepMs: number,
  { maximumAgeMs, isBroken }: Alignment,
): Found {
  const before = passed - 1;
  if (before < 0) return ALIGNED.none;
  const beforeMs = timesMs[before]!;
  if (beforeMs === pointMs) return good[before] === 1 ? { value: values[before]! } : ALIGNED.bad;
  if (passed >= timesMs.length) return ALIGNED.none;
  const spanMs = timesMs[passed]! - beforeMs;
  if (isBroken?.(beforeMs, timesMs[passed]!) === true) return ALIGNED.broken;
  if (spanMs > maximumAgeMs) return ALIGNED.none;
  if (good[before] !== 1 || good[passed] !== 1) return ALIGNED.bad;
  const share = (pointMs - beforeMs) / spanMs;
  return { value: values[before]! * (1 - share) + values[passed]! * share };
}

function mean(
  { timesMs, values, good }: Series,
  passed: number,
  pointMs: number,
  stepMs: number,
  { isBroken }: Alignment,
): Found {
  const beginMs = pointMs - stepMs;
  let count = 0;
  let sum = 0;
  for (let index = passed - 1; index >= 0 && timesMs[index]! > beginMs; index -= 1) {
    if (good[index] !== 1) return ALIGNED.bad;
    sum += values[index]!;
    count += 1;
  }
  if (isBroken?.(beginMs, pointMs) === true) return ALIGNED.broken;
  return count === 0 ? ALIGNED.none : { value: sum / count };
}
