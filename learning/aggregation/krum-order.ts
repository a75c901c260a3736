import type { GramMatrix } from './gram-matrix.ts';

/**
 * Rows by their Krum score, best first: the sum of the squared distances to the n - f - 2 nearest others. Of equal
 * scores the earlier row comes first.
 * @param among the rows that take part.
 */
export function krumOrder(gram: GramMatrix, f: number, among: readonly number[]): number[] {
  const nearest = Math.max(1, among.length - f - 2);
  const scores = among.map((row) => {
    const distances = among
      .filter((other) => other !== row)
      .map((other) => gram.squaredDistance(row, other))
      .sort((one, other) => one - other);
    return { row, score: distances.slice(0, nearest).reduce((sum, distance) => sum + distance, 0) };
  });
  return scores.sort((one, other) => one.score - other.score || one.row - other.row).map(({ row }) => row);
}

/** Bulyan's first half: n - 2f rows, each the best by Krum among those not yet taken; in ascending order. */
export function bulyanRows(gram: GramMatrix, f: number): number[] {
  let left = Array.from({ length: gram.rows }, (_, row) => row);
  const taken: number[] = [];
  while (taken.length < gram.rows - 2 * f) {
    const [best] = krumOrder(gram, f, left);
    taken.push(best!);
    left = left.filter((row) => row !== best);
  }
  return taken.sort((one, other) => one - other);
}
