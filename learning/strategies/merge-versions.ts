import type { ReducedRound, RoundResult } from './strategy.ts';

/** Gives every group of a round, and `main`, the mean of their versions, each by the examples behind it. */
export function mergeVersions({ versions, state }: RoundResult, round: ReducedRound): RoundResult {
  const examples = new Map(
    [...round.groups].map(([name, { contributions }]) => [
      name,
      contributions.reduce((sum, { exampleCount }) => sum + exampleCount, 0),
    ]),
  );
  const total = [...examples.values()].reduce((sum, count) => sum + count, 0);
  const merged = new Map<string, Float32Array>();
  for (const { name } of round.model) {
    const parts = [...versions].map(([group, version]) => ({ version, by: examples.get(group)! / total }));
    const first = parts[0]!.version.get(name)!;
    merged.set(
      name,
      first.map((_, index) =>
        parts.reduce((sum, { version, by }) => sum + by * version.get(name)![index]!, 0),
      ),
    );
  }
  return { versions: new Map([...versions.keys(), 'main'].map((group) => [group, merged])), state };
}
