import { randomStream } from '../../learning/random.ts';
import { uarInterval } from '../../learning/uar-interval.ts';

const random = () => randomStream({ seed: 1, round: 0, participant: 'main', purpose: 'test' });

describe('the interval of the unweighted average recall', () => {
  it('holds the figure and has the width of its standard error', () => {
    // Two classes of 50 with recalls 0.8 and 0.6: UAR 0.7, standard error sqrt(0.16 / 50 + 0.24 / 50) / 2 = 0.0447.
    const { low, high } = uarInterval(
      [
        [40, 10],
        [20, 30],
      ],
      random(),
    );

    expect(low).toBeGreaterThan(0.7 - 2.3 * 0.0447);
    expect(low).toBeLessThan(0.7 - 1.6 * 0.0447);
    expect(high).toBeGreaterThan(0.7 + 1.6 * 0.0447);
    expect(high).toBeLessThan(0.7 + 2.3 * 0.0447);
  });

  it('is a point where every answer is right, and leaves out classes that do not occur', () => {
    const confusion = [
      [5, 0, 0],
      [0, 0, 0],
      [0, 0, 2],
    ];

    expect(uarInterval(confusion, random())).toEqual({ low: 1, high: 1 });
    expect(uarInterval([[0]], random())).toEqual({ low: 0, high: 0 });
  });

  it('is the same for the same key', () => {
    const confusion = [
      [3, 1],
      [2, 5],
    ];

    expect(uarInterval(confusion, random())).toEqual(uarInterval(confusion, random()));
  });
});
