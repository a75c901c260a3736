/**
 * How alike two partitions of the same items are (L. Hubert, P. Arabie: Comparing partitions, 1985): 1 for equal ones, 0 in
 * expectation for random ones.
 */
export function adjustedRandIndex(one: readonly string[], other: readonly string[]): number {
  const together = pairs(one.map((group, index) => `${group} ${other[index]}`));
  const ofOne = pairs(one);
  const ofOther = pairs(other);
  const expected = (ofOne * ofOther) / choose2(one.length);
  const largest = (ofOne + ofOther) / 2;
  return largest === expected ? 1 : (together - expected) / (largest - expected);
}

/** Pairs of items that are in one group. */
function pairs(groups: readonly string[]): number {
  const sizes = new Map<string, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return [...sizes.values()].reduce((sum, size) => sum + choose2(size), 0);
}

function choose2(count: number): number {
  return (count * (count - 1)) / 2;
}
