import fc from 'fast-check';
import { countTestWindows, splitWindows } from '../../../services/trainer/data-set/split.ts';

const window = (label: string, lot = '') => ({ timestampMs: 0, label, lot, pieces: [] });

describe('the split', () => {
  it('holds out the windows of a test lot', () => {
    const split = splitWindows([window('a', 'train'), window('a', 'test'), window('b', 'train')], ['test']);

    expect(split).toEqual([false, true, false]);
  });

  it('holds out the last fifth of each label in time where no window carries a test lot', () => {
    const windows = ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b', 'a', 'b'].map((label) => window(label));

    expect(splitWindows(windows, ['test'])).toEqual([...new Array(8).fill(false), true, true]);
  });

  it('has as many test windows as the counts tell', () => {
    const windows = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('train', 'train', 'test')));
    fc.assert(
      fc.property(windows, fc.boolean(), (pairs, withLots) => {
        const all = pairs.map(([label, lot]) => window(label, withLots ? lot : 'train'));
        const counts = ['a', 'b'].map((name) => {
          const ofClass = all.filter(({ label }) => label === name);
          const inTestLots = ofClass.filter(({ lot }) => lot === 'test').length;
          return { windows: ofClass.length, inTestLots };
        });

        const held = splitWindows(all, ['test']).filter(Boolean).length;

        expect(countTestWindows(counts)).toBe(held);
      }),
    );
  });
});
