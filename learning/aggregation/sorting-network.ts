/** A comparator of rows `lower` < `upper`, and which of both outputs is needed: 1 the smaller, 2 the larger, 3 both. */
export interface Comparator {
  readonly lower: number;
  readonly upper: number;
  readonly needed: 1 | 2 | 3;
}

/**
 * Batcher's odd-even merge sort for any number of rows (K. E. Batcher: Sorting networks and their applications, 1968),
 * less what the wanted ranks do not depend on. The same comparisons are made whatever the values, so that one instruction
 * serves many columns.
 * @param rows from 1. @param first rank from 0 that is wanted, up to `last` (exclusive).
 */
export function sortingNetwork(rows: number, first = 0, last = rows): Comparator[] {
  const pairs: [lower: number, upper: number][] = [];
  for (let phase = 1; phase < rows; phase *= 2) {
    for (let distance = phase; distance >= 1; distance /= 2) {
      for (let start = distance % phase; start + distance < rows; start += 2 * distance) {
        for (let offset = 0; offset < distance && start + offset + distance < rows; offset++) {
          const lower = start + offset;
          const upper = lower + distance;
          if (Math.floor(lower / (2 * phase)) === Math.floor(upper / (2 * phase))) pairs.push([lower, upper]);
        }
      }
    }
  }
  return pruned(pairs, first, last);
}

function pruned(
  pairs: readonly (readonly [lower: number, upper: number])[],
  first: number,
  last: number,
): Comparator[] {
  const wanted = new Set(Array.from({ length: last - first }, (_, index) => first + index));
  const kept: Comparator[] = [];
  for (const [lower, upper] of pairs.toReversed()) {
    const needed = (wanted.has(lower) ? 1 : 0) + (wanted.has(upper) ? 2 : 0);
    if (needed === 0) continue;
    // 1, 2 or 3: 0 was left out.
    kept.push({ lower, upper, needed: needed as Comparator['needed'] });
    wanted.add(lower).add(upper);
  }
  return kept.reverse();
}
