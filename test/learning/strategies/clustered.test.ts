import fc from 'fast-check';
import { GramMatrix } from '../../../learning/aggregation/gram-matrix.ts';
import { randomStream } from '../../../learning/random.ts';
import { strategyOf } from '../../../learning/strategies/index.ts';
import { similarityGroups } from '../../../learning/strategies/similarity-groups.ts';
import type { StrategyState } from '../../../learning/strategies/strategy.ts';
import { closeTestRound, plain, type TestUpdate } from './round-of.ts';

/** Rows around directions of their groups, on top of what all have in common. */
function rowsOf(groups: readonly number[], noise: number, seed: number): number[][] {
  const random = randomStream({ seed, round: 1, participant: 'main', purpose: 'rows' });
  const dimensions = 200;
  const draw = () => Array.from({ length: dimensions }, () => random.normal());
  const common = draw().map((value) => 3 * value);
  const directions = Array.from({ length: Math.max(...groups) + 1 }, draw);
  return groups.map((group) =>
    common.map((value, axis) => value + directions[group]![axis]! + noise * random.normal()),
  );
}

function gramOf(rows: readonly number[][]): GramMatrix {
  const products = rows.flatMap((row) =>
    rows.map((other) => row.reduce((sum, value, axis) => sum + value * other[axis]!, 0)),
  );
  return new GramMatrix(rows.length, Float64Array.from(products));
}

function byLabel(labels: readonly number[]): number[][] {
  const groups = new Map<number, number[]>();
  for (const [row, label] of labels.entries()) groups.set(label, [...(groups.get(label) ?? []), row]);
  return [...groups.values()];
}

describe('similarityGroups', () => {
  it('finds the groups without being told how many there are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 5 }),
        fc.integer({ min: 3, max: 7 }),
        fc.nat(1000),
        (count, size, seed) => {
          const labels = Array.from({ length: count * size }, (_, row) => row % count);

          expect(similarityGroups(gramOf(rowsOf(labels, 0.2, seed)), 0.2)).toEqual(byLabel(labels));
        },
      ),
      { numRuns: 15 },
    );
  });

  it('keeps rows together that differ by noise alone', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const groups = similarityGroups(gramOf(rowsOf(new Array<number>(16).fill(0), 1, seed)), 0.2);

      expect(groups).toHaveLength(1);
    }
  });

  it('has one group of rows that are all the same, and of a single one', () => {
    expect(
      similarityGroups(
        gramOf([
          [1, 2],
          [1, 2],
          [1, 2],
        ]),
        0.1,
      ),
    ).toEqual([[0, 1, 2]]);
    expect(similarityGroups(gramOf([[1, 2]]), 0.2)).toEqual([[0]]);
  });
});

describe('clustered', () => {
  const strategy = strategyOf({ key: 'clustered', warmUpRounds: 1, everyRounds: 2 });
  const north = { w: [1, 0] };
  const south = { w: [0, 1] };
  const sites = [...'abcdef'];

  function updates(
    groups: Readonly<Record<string, string>>,
    delta: (participant: string) => { w: number[] },
  ): TestUpdate[] {
    return sites.map((participant) => ({
      participant,
      group: groups[participant] ?? 'main',
      delta: delta(participant),
    }));
  }

  const alike = (participant: string) => ('abc'.includes(participant) ? north : south);

  function assigned(state: StrategyState): Record<string, string> {
    const random = randomStream({ seed: 1, round: 1, participant: 'main', purpose: 'plan' });
    const plan = strategy.plan(
      state,
      sites.map((participant) => ({ participant, attributes: {} })),
      random,
    );
    return Object.fromEntries(plan.map(({ participant, groups }) => [participant, groups[0]!]));
  }

  it('gives those whose updates point the same way a model of their own', async () => {
    const first = await closeTestRound(strategy, { base: { w: [0, 0] }, updates: updates({}, alike) });

    expect(
      Object.fromEntries([...first.versions].map(([group, version]) => [group, plain(version)['w']])),
    ).toEqual({
      'group-1': [1, 0],
      'group-2': [0, 1],
      main: [0.5, 0.5],
    });
    expect(assigned(first.state)).toEqual({
      a: 'group-1',
      b: 'group-1',
      c: 'group-1',
      d: 'group-2',
      e: 'group-2',
      f: 'group-2',
    });
  });

  it('finds the groups anew later; one that goes on keeps its name and its version', async () => {
    const bases = { main: { w: [0, 0] }, 'group-1': { w: [1, 0] }, 'group-2': { w: [0, 1] } };
    const first = await closeTestRound(strategy, { bases, updates: updates({}, alike) });
    const second = await closeTestRound(strategy, {
      bases,
      updates: updates(assigned(first.state), alike),
      state: first.state,
    });
    const third = assigned(second.state);
    const moved = (participant: string) => (participant === 'c' ? south : alike(participant));

    const regrouped = await closeTestRound(strategy, {
      bases,
      updates: updates(third, moved),
      state: second.state,
    });

    expect([...second.versions.keys()]).toEqual(['group-1', 'group-2']);
    expect(new Set(Object.values(third))).toEqual(new Set(['main']));
    expect([...regrouped.versions.keys()]).toEqual(['main']);
    expect(assigned(regrouped.state)).toMatchObject({
      a: 'group-1',
      b: 'group-1',
      c: 'group-2',
      d: 'group-2',
    });
  });

  it('keeps one model where updates differ by chance alone', async () => {
    const random = randomStream({ seed: 5, round: 1, participant: 'main', purpose: 'noise' });
    const w = new Array<number>(200).fill(0);
    const noisy = () => ({ w: w.map(() => 1 + random.normal()) });

    const { versions } = await closeTestRound(strategy, { base: { w }, updates: updates({}, noisy) });

    expect([...versions.keys()]).toEqual(['main']);
  });
});
