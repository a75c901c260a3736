import type { Fault } from '../runtime/errors.ts';

/** Rows are true classes, columns predicted ones, in the order of the profile's classes. */
export type ConfusionMatrix = readonly (readonly number[])[];

/** How a model version did on some examples: sums only, so that merging is addition. */
export interface EvaluationSums {
  readonly exampleCount: number;
  readonly correct: number;
  /** Sum of the examples' losses: the mean loss times the exampleCount. */
  readonly lossSum: number;
  /** Absent where a site shares a summary only. */
  readonly confusion?: ConfusionMatrix;
}

/** What one participant reports; the form that crosses a process. */
export interface EvaluationResult {
  readonly exampleCount: number;
  readonly correct: number;
  /** Mean over the examples; 0 where there is none. */
  readonly loss: number;
  readonly confusion?: ConfusionMatrix;
}

/** Figures of a version, as fractions; each 0 where there is no example. */
export interface Metrics {
  readonly exampleCount: number;
  readonly accuracy: number;
  /** Mean over the examples. */
  readonly loss: number;
  readonly confusion?: ConfusionMatrix;
  /** Unweighted average recall over the classes that occur; absent without a confusion matrix. */
  readonly uar?: number;
  /** By class; undefined for a class that does not occur. */
  readonly recall?: readonly (number | undefined)[];
}

/**
 * Counts predictions.
 * @param labels true class of each example, from 0.
 * @param predictions predicted class of each example.
 * @throws RangeError if the lengths differ or a class is not one of `classCount`.
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classCount: number,
): ConfusionMatrix {
  if (labels.length !== predictions.length)
    throw new RangeError('each example has one label and one prediction');
  const matrix = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  for (let example = 0; example < labels.length; example++) {
    const row = matrix[labels[example]!];
    const predicted = predictions[example]!;
    if (row?.[predicted] === undefined)
      throw new RangeError(`classes are integers from 0 to ${classCount - 1}`);
    row[predicted]! += 1;
  }
  return matrix;
}

/** The sums behind a confusion matrix and the losses of the same examples. */
export function evaluationSums(confusion: ConfusionMatrix, lossSum: number): EvaluationSums {
  const exampleCount = confusion.flat().reduce((total, count) => total + count, 0);
  const correct = confusion.reduce((total, row, label) => total + row[label]!, 0);
  return { exampleCount, correct, lossSum, confusion };
}

/**
 * The sums of all examples together; without a confusion matrix as soon as one part has none.
 * @throws RangeError if two matrices differ in size.
 */
export function mergeEvaluations(parts: readonly EvaluationSums[]): EvaluationSums {
  const total = (values: (part: EvaluationSums) => number): number =>
    parts.reduce((sum, part) => sum + values(part), 0);
  const matrices = parts.map(({ confusion }) => confusion).filter((confusion) => confusion !== undefined);
  const [first, ...others] = matrices;
  return {
    exampleCount: total(({ exampleCount }) => exampleCount),
    correct: total(({ correct }) => correct),
    lossSum: total(({ lossSum }) => lossSum),
    ...(first !== undefined &&
      matrices.length === parts.length && { confusion: others.reduce(addMatrices, first) }),
  };
}

/** Accuracy, mean loss, recall per class and their unweighted average. */
export function metricsOf({ exampleCount, correct, lossSum, confusion }: EvaluationSums): Metrics {
  const accuracy = fraction(correct, exampleCount);
  const loss = fraction(lossSum, exampleCount);
  if (confusion === undefined) return { exampleCount, accuracy, loss };
  const recall = confusion.map((row, label) => {
    const occurrences = row.reduce((total, count) => total + count, 0);
    return occurrences === 0 ? undefined : row[label]! / occurrences;
  });
  const known = recall.filter((value) => value !== undefined);
  const uar = fraction(
    known.reduce((total, value) => total + value, 0),
    known.length,
  );
  return { exampleCount, accuracy, loss, confusion, uar, recall };
}

/**
 * How evenly a version serves participants, each counting alike however many examples it has
 * (Li et al. 2020, "Fair Resource Allocation in Federated Learning", arXiv:1905.10497, section 4).
 */
export interface Fairness {
  /** Mean accuracy at the tenth of the participants, rounded up, that it serves worst. */
  readonly worstTenth: number;
  /** Population variance of the participants' accuracies. */
  readonly variance: number;
}

/** The fairness of what participants report, those without examples left out; undefined if that leaves nobody. */
export function fairnessOf(
  results: readonly Pick<EvaluationResult, 'exampleCount' | 'correct'>[],
): Fairness | undefined {
  const accuracies = results
    .filter(({ exampleCount }) => exampleCount > 0)
    .map(({ correct, exampleCount }) => correct / exampleCount)
    .sort((one, other) => one - other);
  if (accuracies.length === 0) return undefined;
  const mean = meanOf(accuracies);
  return {
    worstTenth: meanOf(accuracies.slice(0, Math.ceil(accuracies.length / 10))),
    variance: meanOf(accuracies.map((accuracy) => (accuracy - mean) ** 2)),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** From what a participant reports to sums. */
export function sumsOfResult({ loss, ...result }: EvaluationResult): EvaluationSums {
  return { ...result, lossSum: loss * result.exampleCount };
}

/** From sums to what a participant reports. */
export function resultOfSums({ lossSum, ...sums }: EvaluationSums): EvaluationResult {
  return { ...sums, loss: fraction(lossSum, sums.exampleCount) };
}

/** What contradicts itself in a reported result, before it enters a sum. */
export function checkEvaluationResult(result: EvaluationResult, classCount: number): Fault[] {
  const { exampleCount, correct, loss, confusion } = result;
  const faults: Fault[] = [];
  if (!isCount(exampleCount)) faults.push({ path: 'exampleCount', message: 'must be an integer from 0' });
  if (!isCount(correct) || correct > exampleCount) {
    faults.push({ path: 'correct', message: `must be an integer from 0 to ${exampleCount}` });
  }
  if (!Number.isFinite(loss)) faults.push({ path: 'loss', message: 'must be finite' });
  if (confusion === undefined) return faults;
  const isSquare = confusion.length === classCount && confusion.every((row) => row.length === classCount);
  if (!isSquare || !confusion.flat().every(isCount)) {
    faults.push({ path: 'confusion', message: `must be ${classCount} rows of ${classCount} counts` });
    return faults;
  }
  const sums = evaluationSums(confusion, 0);
  if (sums.exampleCount !== exampleCount || sums.correct !== correct) {
    const message = `has ${sums.correct} correct of ${sums.exampleCount}, the report ${correct} of ${exampleCount}`;
    faults.push({ path: 'confusion', message });
  }
  return faults;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function fraction(part: number, whole: number): number {
  // What came over a wire as null would otherwise count as 0.
  if (typeof part !== 'number' || typeof whole !== 'number')
    throw new TypeError('a fraction is of two numbers');
  return whole === 0 ? 0 : part / whole;
}

function addMatrices(one: ConfusionMatrix, other: ConfusionMatrix): ConfusionMatrix {
  if (one.length !== other.length)
    throw new RangeError('confusion matrices to merge must be of the same classes');
  return one.map((row, label) => row.map((count, predicted) => count + other[label]![predicted]!));
}
