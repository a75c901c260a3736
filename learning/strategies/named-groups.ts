import { type ContributionFacts, MAIN_GROUP, type StrategyState } from './strategy.ts';

/**
 * The name of each contribution's group. A group whose larger part was one group before keeps that name, and so its
 * model; others get the next free number. A single group is `main`.
 * @param found rows of each group.
 */
export function namedGroups(
  state: Pick<StrategyState, 'groups'>,
  contributions: readonly ContributionFacts[],
  found: readonly (readonly number[])[],
): string[] {
  if (found.length === 1) return contributions.map(() => MAIN_GROUP);
  const before = contributions.map(({ participant }) => state.groups[participant] ?? MAIN_GROUP);
  const taken = new Set([MAIN_GROUP]);
  let last = Math.max(0, ...Object.values(state.groups).map(numberOf));
  const names = new Array<string>(contributions.length);
  // The largest first: of two that claim a name, it has more to lose.
  for (const rows of found.toSorted((one, other) => other.length - one.length)) {
    const claim = [...new Set(rows.map((row) => before[row]!))].find(
      (name) => 2 * rows.filter((row) => before[row] === name).length > rows.length,
    );
    const name = claim === undefined || taken.has(claim) ? `group-${++last}` : claim;
    taken.add(name);
    for (const row of rows) names[row] = name;
  }
  return names;
}

function numberOf(group: string): number {
  return Number(/^group-(\d+)$/.exec(group)?.[1] ?? 0);
}
