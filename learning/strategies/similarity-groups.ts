import type { GramMatrix } from '../aggregation/gram-matrix.ts';

/**
 * Groups rows whose directions are alike, without being told how many groups there are: average-linkage clustering
 * (C. Briggs et al.: Federated Learning with Hierarchical Clustering of Local Updates, arXiv:2004.11791) of the cosines
 * between the rows less their mean, cut where the silhouette (P. Rousseeuw, 1987) is largest.
 * @param leastSilhouette from 0 to 1; below it, the rows are one group.
 * @returns the rows of each group, ascending, the groups by their first row.
 */
export function similarityGroups(gram: GramMatrix, leastSilhouette: number): number[][] {
  const all = Array.from({ length: gram.rows }, (_, row) => row);
  const distances = centredDistances(gram);
  let groups = all.map((row) => [row]);
  let best = { silhouette: Number.NEGATIVE_INFINITY, groups: [all] };
  while (groups.length > 2) {
    groups = mergeNearest(groups, distances);
    const silhouette = meanSilhouette(groups, distances);
    // Of equal ones the fewer groups.
    if (silhouette >= best.silhouette) best = { silhouette, groups };
  }
  return best.silhouette >= leastSilhouette ? best.groups : [all];
}

/** 1 - cosine of each two rows after their mean was taken off; it is what they have in common and hides the rest. */
function centredDistances(gram: GramMatrix): Float64Array[] {
  const { rows } = gram;
  const indices = Array.from({ length: rows }, (_, row) => row);
  const means = indices.map(
    (row) => indices.reduce((sum, other) => sum + gram.product(row, other), 0) / rows,
  );
  const mean = means.reduce((sum, value) => sum + value, 0) / rows;
  const product = (row: number, other: number) =>
    gram.product(row, other) - means[row]! - means[other]! + mean;
  return indices.map((row) =>
    Float64Array.from(indices, (other) => {
      const scale = Math.sqrt(Math.max(0, product(row, row)) * Math.max(0, product(other, other)));
      return row === other ? 0 : scale > 0 ? 1 - product(row, other) / scale : 1;
    }),
  );
}

function mergeNearest(groups: readonly number[][], distances: readonly Float64Array[]): number[][] {
  let nearest = { distance: Number.POSITIVE_INFINITY, one: 0, other: 1 };
  for (let one = 0; one < groups.length; one++) {
    for (let other = one + 1; other < groups.length; other++) {
      const distance = meanDistance(groups[one]!, groups[other]!, distances);
      if (distance < nearest.distance) nearest = { distance, one, other };
    }
  }
  const { one, other } = nearest;
  const merged = [...groups[one]!, ...groups[other]!].sort((first, second) => first - second);
  return groups.map((group, index) => (index === one ? merged : group)).filter((_, index) => index !== other);
}

/** Rows alone in their group count 0, as Rousseeuw has it. */
function meanSilhouette(groups: readonly number[][], distances: readonly Float64Array[]): number {
  let sum = 0;
  let count = 0;
  for (const group of groups) {
    for (const row of group) {
      count++;
      if (group.length === 1) continue;
      const within = (meanDistance([row], group, distances) * group.length) / (group.length - 1);
      const others = groups.filter((other) => other !== group);
      const nearest = Math.min(...others.map((other) => meanDistance([row], other, distances)));
      const larger = Math.max(within, nearest);
      if (larger > 0) sum += (nearest - within) / larger;
    }
  }
  return sum / count;
}

function meanDistance(
  one: readonly number[],
  other: readonly number[],
  distances: readonly Float64Array[],
): number {
  let sum = 0;
  for (const row of one) for (const column of other) sum += distances[row]![column]!;
  return sum / (one.length * other.length);
}
