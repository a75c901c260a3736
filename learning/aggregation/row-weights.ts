import type { GramMatrix } from './gram-matrix.ts';
import { krumOrder } from './krum-order.ts';
import type { RobustRule } from './robust-rule.ts';

/** The rules whose result is a weighted sum of the rows. */
export type WeighingRule = Exclude<RobustRule, { kind: 'median' | 'trimmed-mean' | 'bulyan' }>;

/**
 * The rows' coefficients under a rule, found from their inner products alone; each is 0 or positive and their sum is at
 * most 1. Geometric median and centred clipping move within the rows' span, where distances follow from the products.
 */
export function rowWeights(rule: WeighingRule, gram: GramMatrix): number[] {
  switch (rule.kind) {
    case 'krum': {
      const rows = Array.from({ length: gram.rows }, (_, row) => row);
      const selected = new Set(krumOrder(gram, rule.f, rows).slice(0, rule.selected));
      return rows.map((row) => (selected.has(row) ? 1 / selected.size : 0));
    }
    case 'geometric-median':
      return geometricMedian(gram, rule.iterations, rule.smoothing);
    case 'centred-clipping':
      return centredClipping(gram, rule.radius, rule.iterations);
    case 'norm-bounding':
      return Array.from(
        { length: gram.rows },
        (_, row) => shrinkTo(rule.maximumNorm, gram.norm(row)) / gram.rows,
      );
    default: {
      const never: never = rule;
      return never;
    }
  }
}

function geometricMedian(gram: GramMatrix, iterations: number, smoothing: number): number[] {
  let weights = new Array<number>(gram.rows).fill(1 / gram.rows);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const inverse = gram.distancesTo(weights).map((distance) => 1 / Math.max(smoothing, distance));
    const sum = inverse.reduce((total, value) => total + value, 0);
    weights = inverse.map((value) => value / sum);
  }
  return weights;
}

/** centre += mean((row - centre) · min(1, radius / |row - centre|)), the centre held as coefficients of the rows. */
function centredClipping(gram: GramMatrix, radius: number, iterations: number): number[] {
  let weights = new Array<number>(gram.rows).fill(0);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const shrinks = gram.distancesTo(weights).map((distance) => shrinkTo(radius, distance) / gram.rows);
    const moved = shrinks.reduce((total, value) => total + value, 0);
    weights = weights.map((weight, row) => weight * (1 - moved) + shrinks[row]!);
  }
  return weights;
}

function shrinkTo(largest: number, length: number): number {
  return length <= largest ? 1 : largest / length;
}
