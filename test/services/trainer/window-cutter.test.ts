import fc from 'fast-check';
import type { BoundBlock } from '../../../services/trainer/data-set/bound-block.ts';
import type { Window } from '../../../services/trainer/data-set/window.ts';
import { WindowCutter } from '../../../services/trainer/data-set/window-cutter.ts';

interface Cut {
  readonly windows: readonly Window[];
  readonly excluded: ReadonlyMap<string, number>;
}

function cut(blocks: readonly BoundBlock[], length: number, hop: number, minimum?: number): Cut {
  const windows: Window[] = [];
  const excluded = new Map<string, number>();
  const cutter = new WindowCutter({
    length,
    hop,
    ...(minimum === undefined ? {} : { minimum }),
    emit: (window) => windows.push(window),
    exclude: (cause, count) => excluded.set(cause, (excluded.get(cause) ?? 0) + count),
  });
  for (const block of blocks) cutter.push(block);
  if (minimum !== undefined) cutter.finish();
  return { windows, excluded };
}

function block(offset: number, length: number, changes: Partial<BoundBlock> = {}): BoundBlock {
  return {
    timestampMs: offset,
    offset: 4 * offset,
    length,
    segment: '1',
    label: 'healthy',
    lot: '',
    missingBlocks: 0,
    missingAtSegmentStart: 0,
    ...changes,
  };
}

const starts = ({ windows }: Cut) => windows.map(({ pieces }) => (pieces[0]?.offset ?? 0) / 4);

describe('windows', () => {
  it('start at multiples of the hop from the first sample of the segment and span blocks', () => {
    const result = cut([block(0, 6), block(6, 6), block(12, 6)], 8, 4);

    expect(starts(result)).toEqual([0, 4, 8]);
    expect(result.windows[1]?.pieces).toEqual([{ offset: 16, length: 8 }]);
    expect(result.excluded.size).toBe(0);
  });

  it('begin anew with a segment', () => {
    const result = cut([block(0, 10), block(10, 10, { segment: '2' })], 8, 4);

    expect(starts(result)).toEqual([0, 10]);
  });

  it('count a segment that is too short', () => {
    const result = cut([block(0, 6), block(6, 10, { segment: '2' })], 8, 4);

    expect(starts(result)).toEqual([6]);
    expect(result.excluded.get('short-segment')).toBe(1);
  });

  it('keep the grid of the segment behind a missing block and count what it took', () => {
    // Samples 8 to 15 are missing; windows would have begun at 4, 8 and 12.
    const result = cut([block(0, 8), block(8, 8, { missingBlocks: 1 }), block(16, 8)], 8, 4);

    expect(starts(result)).toEqual([0, 8, 12, 16]);
    expect(result.excluded.get('gap')).toBe(3);
  });

  it('do not cross a change of the label or of the lot', () => {
    const result = cut(
      [block(0, 8), block(8, 8, { label: 'worn' }), block(16, 8, { label: 'worn', lot: 'test' })],
      8,
      4,
    );

    expect(starts(result)).toEqual([0, 8, 16]);
    expect(result.excluded.get('label-change')).toBe(1);
    expect(result.excluded.get('lot-change')).toBe(1);
  });

  it('leave out blocks that may not become data, by cause', () => {
    const result = cut([block(0, 8), block(8, 8, { excluded: 'bad-quality' }), block(16, 8)], 8, 4);

    expect(starts(result)).toEqual([0, 16]);
    expect(result.excluded.get('bad-quality')).toBe(3);
  });

  it('never cross a segment, a label, a lot or a gap, and always lie on the grid of their segment', () => {
    const change = fc.constantFrom('none', 'segment', 'label', 'lot', 'missing', 'unknown', 'excluded');
    const step = fc.record({ length: fc.integer({ min: 1, max: 12 }), change });
    const property = fc.property(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 10 }),
      (steps, length, hop) => {
        // Each sample of the stream gets the stretch it belongs to and its place on the segment's grid.
        const stretchOf: number[] = [];
        const placeOf: number[] = [];
        const blocks: BoundBlock[] = [];
        let [segment, label, lot, stretch, place, excluded] = [0, 0, 0, 0, 0, false];
        let previousLength = 0;
        for (const one of steps) {
          const offset = stretchOf.length;
          const missing = blocks.length > 0 && one.change === 'missing' ? 1 : 0;
          const unknown = blocks.length > 0 && one.change === 'unknown';
          if (one.change === 'segment') segment += 1;
          if (one.change === 'label') label += 1;
          if (one.change === 'lot') lot += 1;
          const isExcluded = one.change === 'excluded';
          if (one.change !== 'none' || excluded !== isExcluded) stretch += 1;
          if (one.change === 'segment' || unknown) place = 0;
          place += missing * previousLength;
          excluded = isExcluded;
          previousLength = one.length;
          blocks.push(
            block(offset, one.length, {
              segment: String(segment),
              label: String(label),
              lot: String(lot),
              missingBlocks: unknown ? 'unknown' : missing,
              ...(isExcluded && { excluded: 'unlabelled' as const }),
            }),
          );
          for (let index = 0; index < one.length; index += 1) {
            stretchOf.push(isExcluded ? -1 : stretch);
            placeOf.push(place);
            place += 1;
          }
        }

        const { windows } = cut(blocks, length, hop);

        for (const { pieces } of windows) {
          const samples = pieces.flatMap(({ offset, length: count }) =>
            Array.from({ length: count }, (_, index) => offset / 4 + index),
          );
          expect(samples).toHaveLength(length);
          expect(new Set(samples.map((index) => stretchOf[index])).size).toBe(1);
          expect(stretchOf[samples[0]!]).not.toBe(-1);
          expect(placeOf[samples[0]!]! % hop).toBe(0);
          samples.forEach((index, position) => {
            expect(index).toBe(samples[0]! + position);
          });
        }
        // And none is left out that fits.
        const fitting = placeOf.filter(
          (at, index) =>
            at % hop === 0 &&
            stretchOf[index] !== -1 &&
            index + length <= stretchOf.length &&
            stretchOf[index + length - 1] === stretchOf[index],
        );
        expect(windows).toHaveLength(fitting.length);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});

describe('windows of short segments', () => {
  const lengths = ({ windows }: Cut) =>
    windows.map(({ pieces }) => pieces.reduce((sum, piece) => sum + piece.length, 0));

  it('are the whole segment from the minimum on, the last one at the finish', () => {
    const result = cut(
      [
        block(0, 6),
        block(6, 1, { segment: '2' }),
        block(7, 3, { segment: '3' }),
        block(10, 2, { segment: '3' }),
      ],
      8,
      8,
      5,
    );

    expect(lengths(result)).toEqual([6, 5]);
    expect(Object.fromEntries(result.excluded)).toEqual({ 'short-segment': 1 });
  });

  it('are not made of what a longer segment leaves over', () => {
    expect(lengths(cut([block(0, 15), block(15, 8, { segment: '2' })], 8, 8, 5))).toEqual([8, 8]);
  });

  it('are not made where a part of the segment is missing', () => {
    const lost = { segment: '2', missingBlocks: 1 };

    expect(lengths(cut([block(0, 6), block(12, 6, lost)], 8, 8, 5))).toEqual([6]);
    expect(lengths(cut([block(0, 6), block(12, 6, { ...lost, missingAtSegmentStart: 1 })], 8, 8, 5))).toEqual(
      [6],
    );
    expect(lengths(cut([block(0, 3), block(3, 3, { label: 'worn' })], 8, 8, 3))).toEqual([]);
  });

  it('are named by the cause where they may not become data', () => {
    const result = cut([block(0, 6, { excluded: 'bad-quality' })], 8, 8, 5);

    expect(Object.fromEntries(result.excluded)).toEqual({ 'bad-quality': 1 });
  });
});
