import fc from 'fast-check';
import {
  checkEvaluationResult,
  confusionMatrix,
  evaluationSums,
  fairnessOf,
  mergeEvaluations,
  metricsOf,
  resultOfSums,
  sumsOfResult,
} from '../../learning/metrics.ts';

const anyExamples = fc.array(fc.record({ label: fc.nat(2), predicted: fc.nat(2), loss: fc.nat(100) }), {
  maxLength: 20,
});

type Example = { label: number; predicted: number; loss: number };

function sumsOf(examples: readonly Example[]) {
  const confusion = confusionMatrix(
    examples.map(({ label }) => label),
    examples.map(({ predicted }) => predicted),
    3,
  );
  return evaluationSums(
    confusion,
    examples.reduce((total, { loss }) => total + loss, 0),
  );
}

describe('metrics', () => {
  it('are what one computes by hand', () => {
    const confusion = confusionMatrix([0, 0, 0, 1, 1], [0, 0, 1, 1, 0], 3);

    const metrics = metricsOf(evaluationSums(confusion, 2.5));

    expect(confusion).toEqual([
      [2, 1, 0],
      [1, 1, 0],
      [0, 0, 0],
    ]);
    expect(metrics).toMatchObject({ exampleCount: 5, accuracy: 0.6, loss: 0.5 });
    // The third class does not occur and does not lower the average.
    expect(metrics.recall).toEqual([2 / 3, 1 / 2, undefined]);
    expect(metrics.uar).toBeCloseTo(7 / 12, 12);
  });

  it('of parts that are merged are those of all examples together', () => {
    fc.assert(
      fc.property(fc.array(anyExamples, { minLength: 1, maxLength: 5 }), (parts) => {
        const merged = mergeEvaluations(parts.map(sumsOf));

        expect(merged).toEqual(sumsOf(parts.flat()));
      }),
    );
  });

  it('do not depend on how parts are merged', () => {
    fc.assert(
      fc.property(anyExamples, anyExamples, anyExamples, (one, two, three) => {
        const [a, b, c] = [sumsOf(one), sumsOf(two), sumsOf(three)];

        const left = mergeEvaluations([mergeEvaluations([a, b]), c]);
        const right = mergeEvaluations([c, mergeEvaluations([b, a])]);

        expect(left).toEqual(right);
      }),
    );
  });

  it('weigh each mean loss by the examples behind it', () => {
    const many = { exampleCount: 3, correct: 3, loss: 1 };
    const few = { exampleCount: 1, correct: 0, loss: 5 };

    const metrics = metricsOf(mergeEvaluations([many, few].map(sumsOfResult)));

    expect(metrics).toEqual({ exampleCount: 4, accuracy: 0.75, loss: 2 });
  });

  it('have no confusion matrix and no UAR as soon as one site shares a summary only', () => {
    const full = sumsOf([{ label: 0, predicted: 0, loss: 1 }]);
    const { confusion: _, ...summary } = full;

    expect(metricsOf(mergeEvaluations([full, summary]))).toEqual({ exampleCount: 2, accuracy: 1, loss: 1 });
  });

  it('of no example are 0', () => {
    expect(metricsOf(mergeEvaluations([]))).toEqual({ exampleCount: 0, accuracy: 0, loss: 0 });
    expect(metricsOf(sumsOf([]))).toMatchObject({ accuracy: 0, loss: 0, uar: 0 });
  });

  it('cross a process as a mean loss and come back as the same sum', () => {
    const sums = sumsOf([
      { label: 0, predicted: 1, loss: 3 },
      { label: 1, predicted: 1, loss: 4 },
    ]);

    expect(resultOfSums(sums)).toMatchObject({ exampleCount: 2, correct: 1, loss: 3.5 });
    expect(sumsOfResult(resultOfSums(sums))).toEqual(sums);
  });

  it('refuse labels and predictions that do not fit', () => {
    expect(() => confusionMatrix([0], [], 2)).toThrow(RangeError);
    expect(() => confusionMatrix([2], [0], 2)).toThrow(RangeError);
    expect(() => confusionMatrix([0], [-1], 2)).toThrow(RangeError);
    expect(() => mergeEvaluations([evaluationSums([[1]], 0), sumsOf([])])).toThrow(RangeError);
  });
});

describe('fairness', () => {
  const result = (correct: number, exampleCount = 10) => ({ correct, exampleCount });

  it('is what one computes by hand, each participant counting alike', () => {
    const figures = fairnessOf([result(10), result(4), result(100, 200), result(0, 0)]);

    // Accuracies 1, 0.4 and 0.5 about 19/30.
    expect(figures?.worstTenth).toBe(0.4);
    expect(figures?.variance).toBeCloseTo((11 ** 2 + 7 ** 2 + 4 ** 2) / 30 ** 2 / 3, 12);
  });

  it('has the mean of a rounded up tenth as the worst', () => {
    const eleven = Array.from({ length: 11 }, (_, index) => result(10 - (index % 10)));

    expect(fairnessOf(eleven)?.worstTenth).toBeCloseTo(0.15, 12);
  });

  it('is undefined where nobody has an example', () => {
    expect([fairnessOf([]), fairnessOf([result(0, 0)])]).toEqual([undefined, undefined]);
  });
});

describe('checkEvaluationResult', () => {
  const good = {
    exampleCount: 2,
    correct: 1,
    loss: 0.5,
    confusion: [
      [1, 1],
      [0, 0],
    ],
  };

  it('finds nothing wrong with a result that agrees with itself', () => {
    expect(checkEvaluationResult(good, 2)).toEqual([]);
    expect(checkEvaluationResult({ exampleCount: 0, correct: 0, loss: 0 }, 2)).toEqual([]);
  });

  it.each([
    ['more correct than examples', { correct: 3 }, ['correct', 'confusion']],
    ['a loss that is not a number', { loss: Number.NaN }, ['loss']],
    ['a matrix of other classes', { confusion: [[2]] }, ['confusion']],
    [
      'a matrix with a negative count',
      {
        confusion: [
          [2, 1],
          [-1, 0],
        ],
      },
      ['confusion'],
    ],
    [
      'a matrix of other examples',
      {
        confusion: [
          [1, 2],
          [0, 0],
        ],
      },
      ['confusion'],
    ],
  ])('finds %s', (_, wrong, paths) => {
    expect(checkEvaluationResult({ ...good, ...wrong }, 2).map(({ path }) => path)).toEqual(paths);
  });
});
