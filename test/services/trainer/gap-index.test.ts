import fc from 'fast-check';
import { GapIndex, type GapInterval } from '../../../services/trainer/data-set/gap-index.ts';
import { compareTimes } from '../../../services/trainer/data-set/source-time.ts';

const at = (timestampMs: number, epoch = 0) => ({ epoch, timestampMs });

describe('the index of gaps', () => {
  it('takes rows as open intervals: what begins where another ends has no time in common', () => {
    const index = new GapIndex([{ epoch: 0, fromMs: 10, toMs: 20, cause: 'stale' }]);

    expect(index.between(at(0), at(10))).toBeUndefined();
    expect(index.between(at(20), at(30))).toBeUndefined();
    expect(index.between(at(19), at(30))?.cause).toBe('stale');
  });

  it('finds what looking at every row finds', () => {
    const row = fc
      .record({
        epoch: fc.integer({ min: 0, max: 2 }),
        fromMs: fc.integer({ min: 0, max: 50 }),
        length: fc.integer({ min: 0, max: 30 }),
      })
      .map(
        ({ epoch, fromMs, length }): GapInterval => ({
          epoch,
          fromMs,
          toMs: fromMs + length,
          cause: 'stale',
        }),
      );
    const time = fc.record({
      epoch: fc.integer({ min: 0, max: 2 }),
      timestampMs: fc.integer({ min: -5, max: 85 }),
    });
    const property = fc.property(fc.array(row, { maxLength: 40 }), time, time, (rows, a, b) => {
      const [from, to] = compareTimes(a, b) <= 0 ? [a, b] : [b, a];
      const isThere = rows.some(
        ({ epoch, fromMs, toMs }) =>
          compareTimes(at(fromMs, epoch), to) < 0 && compareTimes(at(toMs, epoch), from) > 0,
      );

      expect(new GapIndex(rows).between(from, to) !== undefined).toBe(isThere);
    });
    fc.assert(property, { numRuns: 500 });
  });
});
