/** Mergeable sums over examples, one entry a feature: all that federated standardisation sends. */
export interface FeatureStatistics {
  /** Examples, from 1. */
  readonly count: number;
  readonly sum: readonly number[];
  readonly sumOfSquares: readonly number[];
}

/** How features are standardised: (feature - mean) / standardDeviation. */
export interface Scaler {
  readonly mean: readonly number[];
  /** Above 0; 1 for a feature that is the same in every example. */
  readonly standardDeviation: readonly number[];
}

/** Below this fraction of the mean square a variance is rounding error, and the feature constant. */
const CONSTANT_FRACTION = 1e-12;

/**
 * The statistics of examples that lie one after the other.
 * @param features `size` features an example, at least one example.
 * @throws RangeError if there is no whole number of examples.
 */
export function featureStatistics(features: Float32Array, size: number): FeatureStatistics {
  const count = features.length / size;
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`examples have ${size} features each`);
  const sum: number[] = [];
  const sumOfSquares: number[] = [];
  for (let feature = 0; feature < size; feature++) {
    const ofValues = new CompensatedSum();
    const ofSquares = new CompensatedSum();
    for (let index = feature; index < features.length; index += size) {
      const value = features[index]!;
      ofValues.add(value);
      ofSquares.add(value * value);
    }
    sum.push(ofValues.value);
    sumOfSquares.push(ofSquares.value);
  }
  return { count, sum, sumOfSquares };
}

/**
 * The statistics of all examples together.
 * @param parts at least one; give them in the order of the participants' ids, since the last bits depend on the order.
 * @throws RangeError if there is none or their features differ in number.
 */
export function mergeStatistics(parts: readonly FeatureStatistics[]): FeatureStatistics {
  const size = parts[0]?.sum.length;
  if (size === undefined) throw new RangeError('there are no statistics to merge');
  if (parts.some(({ sum, sumOfSquares }) => sum.length !== size || sumOfSquares.length !== size)) {
    throw new RangeError(`statistics to merge must all be of ${size} features`);
  }
  const add = (values: (part: FeatureStatistics) => readonly number[]): number[] =>
    Array.from({ length: size }, (_, feature) => {
      const total = new CompensatedSum();
      for (const part of parts) total.add(values(part)[feature]!);
      return total.value;
    });
  return {
    count: parts.reduce((total, { count }) => total + count, 0),
    sum: add(({ sum }) => sum),
    sumOfSquares: add(({ sumOfSquares }) => sumOfSquares),
  };
}

/** Mean and standard deviation of the population; a constant feature gets deviation 1 and so becomes 0. */
export function scalerOf({ count, sum, sumOfSquares }: FeatureStatistics): Scaler {
  const mean = sum.map((total) => total / count);
  const standardDeviation = sumOfSquares.map((total, feature) => {
    const meanSquare = total / count;
    const variance = meanSquare - mean[feature]! * mean[feature]!;
    return variance > CONSTANT_FRACTION * meanSquare ? Math.sqrt(variance) : 1;
  });
  return { mean, standardDeviation };
}

/**
 * Standardises examples that lie one after the other, in place.
 * @throws RangeError if there is no whole number of examples.
 */
export function standardise(features: Float32Array, { mean, standardDeviation }: Scaler): void {
  const size = mean.length;
  if (size === 0 || features.length % size !== 0) throw new RangeError(`examples have ${size} features each`);
  for (let start = 0; start < features.length; start += size) {
    for (let feature = 0; feature < size; feature++) {
      features[start + feature] = (features[start + feature]! - mean[feature]!) / standardDeviation[feature]!;
    }
  }
}

/**
 * A sum that keeps what rounding would lose (A. Neumaier: Rundungsfehleranalyse einiger Verfahren zur Summation
 * endlicher Summen, ZAMM 54, 1974): a variance is the small difference of two large sums.
 */
class CompensatedSum {
  #sum = 0;
  #compensation = 0;

  add(value: number): void {
    const next = this.#sum + value;
    this.#compensation +=
      Math.abs(this.#sum) >= Math.abs(value) ? this.#sum - next + value : value - next + this.#sum;
    this.#sum = next;
  }

  get value(): number {
    return this.#sum + this.#compensation;
  }
}
