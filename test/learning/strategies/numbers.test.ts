import { strategyOf } from '../../../learning/strategies/index.ts';
import type { ModelTensor } from '../../../learning/strategies/strategy.ts';
import { closeTestRound, plain, type TestRound, type TestUpdate, versionOf } from './round-of.ts';

/** Updates of one value each, from participants a, b, … */
function updatesOf(...deltas: readonly number[]): TestUpdate[] {
  return deltas.map((delta, index) => ({
    participant: String.fromCharCode(97 + index),
    delta: { w: [delta] },
  }));
}

/** Two rounds: the second with the state and version that the first made. */
async function twoRounds(key: string, options: object, round: TestRound, second = round.updates) {
  const strategy = strategyOf({ key, ...options });
  const first = await closeTestRound(strategy, round);
  const base = plain(first.versions.get('main')!);
  const next = await closeTestRound(strategy, { ...round, base, updates: second, state: first.state });
  return { first, second: next, values: [base['w']![0], next.versions.get('main')!.get('w')![0]] };
}

describe('fed-avgm', () => {
  it('adds the momentum of earlier rounds', async () => {
    const round = { base: { w: [1] }, updates: updatesOf(2, 4) };

    const { values } = await twoRounds('fed-avgm', { momentum: 0.5, learningRate: 2 }, round);

    // v = 3, then 0.5 · 3 + 3 = 4.5; w = 1 + 2 · 3, then 7 + 2 · 4.5.
    expect(values).toEqual([7, 16]);
  });
});

describe('the adaptive server optimisers', () => {
  const options = { learningRate: 1, beta1: 0.5, beta2: 0.75, tau: 1 };
  const round = { base: { w: [0] }, updates: updatesOf(1, 3) };
  // d = 2, m = 1 and 2, d² = 4, v starts at tau² = 1.
  it.each([
    // v = 0.75 · 1 + 0.25 · 4 = 1.75
    ['fed-adam', 1 / (Math.sqrt(1.75) + 1)],
    // v = 1 - 0.25 · 4 · sign(1 - 4) = 2
    ['fed-yogi', 1 / (Math.sqrt(2) + 1)],
    // v = 1 + 4
    ['fed-adagrad', 1 / (Math.sqrt(5) + 1)],
  ])('%s takes the step of the paper', async (key, expected) => {
    const { w } = await versionOf({ key, ...options }, round);

    expect(w![0]).toBeCloseTo(expected, 6);
  });

  it('keeps its moments from round to round', async () => {
    const { first, second } = await twoRounds('fed-adam', options, round);

    const moments = [first, second].map(({ state }) => [
      state.slots.get('momentum')?.get('w')?.[0],
      state.slots.get('second-moment')?.get('w')?.[0],
    ]);
    expect(moments).toEqual([
      [1, 1.75],
      [1.5, 0.75 * 1.75 + 1],
    ]);
  });
});

describe('fed-nova', () => {
  it('counts nobody more for having done more steps', async () => {
    const updates = [
      { participant: 'a', exampleCount: 1, delta: { w: [2] }, scalars: { localSteps: 1 } },
      { participant: 'b', exampleCount: 3, delta: { w: [4] }, scalars: { localSteps: 4 } },
    ];

    const { w } = await versionOf({ key: 'fed-nova' }, { updates });

    // Mean steps 1/4 · 1 + 3/4 · 4 = 3.25; mean delta a step 1/4 · 2 + 3/4 · 1 = 1.25.
    expect(w![0]).toBeCloseTo(3.25 * 1.25, 6);
  });
});

describe('scaffold', () => {
  it('adds the plain mean, and a share of the change of the control variates', async () => {
    const updates = [
      { participant: 'a', exampleCount: 9, delta: { w: [2] }, parts: { control: { w: [1] } } },
      { participant: 'b', exampleCount: 1, delta: { w: [4] }, parts: { control: { w: [3] } } },
    ];

    const { versions, state } = await closeTestRound(strategyOf({ key: 'scaffold', learningRate: 0.5 }), {
      base: { w: [1] },
      updates,
      participantCount: 8,
    });

    expect(versions.get('main')?.get('w')).toEqual(Float32Array.of(2.5));
    // 2 of 8 participants changed theirs by 2 on average.
    expect(state.slots.get('control')?.get('w')).toEqual(Float32Array.of(0.5));
  });
});

describe('fed-dyn', () => {
  it('subtracts the drift of all rounds', async () => {
    const round = { base: { w: [0] }, updates: updatesOf(1, 3), participantCount: 4 };

    const { values } = await twoRounds('fed-dyn', { alpha: 0.5 }, round);

    // h = -0.5 · 2/4 · 2 = -0.5, w = 2 + 1; then h = -1, w = 3 + 2 + 2.
    expect(values).toEqual([3, 7]);
  });
});

describe('q-fed-avg', () => {
  it('counts a larger loss more and damps the step', async () => {
    const updates = [
      { participant: 'a', delta: { w: [1] }, scalars: { baseLoss: 1 } },
      { participant: 'b', delta: { w: [2] }, scalars: { baseLoss: 3 } },
    ];

    const { w } = await versionOf({ key: 'q-fed-avg', q: 1, learningRate: 0.5 }, { updates });

    // Sum of loss · delta: 1 + 6; sum of |delta|² / 0.5 + loss: (2 + 1) + (8 + 3).
    expect(w![0]).toBeCloseTo(7 / 14, 6);
  });
});

describe('robust strategies', () => {
  // Four honest ones around 1 and three that send what they like.
  const updates = updatesOf(0.5, 1, 1, 1.5, -100, 100, 100);

  it.each([
    [{ key: 'median' }, 1],
    [{ key: 'trimmed-mean', f: 3 }, 1],
    [{ key: 'trimmed-mean', f: 2 }, (1 + 1 + 1.5) / 3],
    [{ key: 'krum', f: 2 }, 1],
    [{ key: 'multi-krum', f: 2, selected: 4 }, 1],
    [{ key: 'norm-bounding', maximumNorm: 0.5 }, 2.5 / 7],
  ])('%j gives %d', async (spec, expected) => {
    const { w } = await versionOf(spec, { updates });

    expect(w![0]).toBeCloseTo(expected, 5);
  });

  it('bulyan averages what lies next to the median of the picked', async () => {
    // f = 1: five of seven are picked by Krum, three of them next to their median count.
    const { w } = await versionOf({ key: 'bulyan', f: 1 }, { updates: updatesOf(0, 1, 2, 3, 4, 5, 1000) });

    expect(w![0]).toBeGreaterThanOrEqual(1);
    expect(w![0]).toBeLessThanOrEqual(4);
  });

  it('geometric median stays with the majority', async () => {
    const spec = { key: 'geometric-median', iterations: 100 };

    const { w } = await versionOf(spec, { updates: updatesOf(1, 1, 1, 50, -30) });

    expect(w![0]).toBeCloseTo(1, 3);
  });

  it('centred clipping moves by at most its radius an iteration', async () => {
    const spec = { key: 'centred-clipping', radius: 0.5, iterations: 2 };

    const { w } = await versionOf(spec, { updates: updatesOf(100, 200, 300) });

    expect(w![0]).toBeCloseTo(1, 5);
  });

  it('averages buckets before the rule sees them', async () => {
    const equal = updatesOf(1, 1, 1, 1, 1, 1);

    const { w } = await versionOf({ key: 'median', bucketSize: 2 }, { updates: equal });

    expect(w).toEqual([1]);
  });

  it('refuses fewer updates than its f needs', async () => {
    const closing = versionOf({ key: 'krum', f: 1 }, { updates: updatesOf(1, 2, 3, 4) });

    await expect(closing).rejects.toMatchObject({ code: 'E_INVALID_INPUT' });
  });
});

describe('fed-buff', () => {
  it('counts late updates less', async () => {
    const updates = [
      { participant: 'a', delta: { w: [2] }, staleness: 0 },
      { participant: 'b', delta: { w: [4] }, staleness: 3 },
    ];

    const { w } = await versionOf({ key: 'fed-buff', bufferSize: 2 }, { updates });

    // (2 · 1 + 4 · 1/2) / 2
    expect(w).toEqual([2]);
  });
});

describe('fed-async', () => {
  it('mixes the trained weights in, less of late ones', async () => {
    const update = { participant: 'a', delta: {}, parts: { trained: { w: [9] } } };
    const strategy = { key: 'fed-async', mixing: 0.5, exponent: 1 };

    const fresh = await versionOf(strategy, { base: { w: [1] }, updates: [update] });
    const late = await versionOf(strategy, { base: { w: [1] }, updates: [{ ...update, staleness: 3 }] });

    expect([fresh['w'], late['w']]).toEqual([[5], [2]]);
  });
});

describe('ifca', () => {
  it('averages each group by itself and leaves the others', async () => {
    const updates = [
      { participant: 'a', group: 'group-1', delta: { w: [1] } },
      { participant: 'b', group: 'group-2', delta: { w: [2] } },
      { participant: 'c', group: 'group-2', delta: { w: [4] } },
    ];
    const bases = { 'group-1': { w: [10] }, 'group-2': { w: [20] }, 'group-3': { w: [30] } };

    const { versions } = await closeTestRound(strategyOf({ key: 'ifca', groups: 3 }), { bases, updates });

    expect([...versions].map(([group, version]) => [group, version.get('w')?.[0]])).toEqual([
      ['group-1', 11],
      ['group-2', 23],
    ]);
  });
});

describe('hierarchical', () => {
  it('averages edges every round and all of them every few', async () => {
    const strategy = strategyOf({ key: 'hierarchical', attribute: 'site', edgeRounds: 2 });
    const updates = [
      { participant: 'a', group: 'edge-north', exampleCount: 1, delta: { w: [2] } },
      { participant: 'b', group: 'edge-south', exampleCount: 3, delta: { w: [6] } },
    ];
    const start = { 'edge-north': { w: [0] }, 'edge-south': { w: [0] } };

    const first = await closeTestRound(strategy, { bases: start, updates });
    const bases = { 'edge-north': { w: [2] }, 'edge-south': { w: [6] } };
    const second = await closeTestRound(strategy, { bases, updates, state: first.state });

    const values = [first, second].map(({ versions }) =>
      [...versions].map(([group, version]) => [group, version.get('w')?.[0]]),
    );
    expect(values).toEqual([
      [
        ['edge-north', 2],
        ['edge-south', 6],
      ],
      // 1/4 · 4 + 3/4 · 12
      [
        ['edge-north', 10],
        ['edge-south', 10],
        ['main', 10],
      ],
    ]);
  });
});

function expectNear(actual: readonly number[], expected: readonly number[]): void {
  for (const [index, value] of actual.entries()) expect(value).toBeCloseTo(expected[index]!, 6);
}

describe('degenerate equalities:', () => {
  const updates = [
    { participant: 'a', exampleCount: 2, delta: { w: [0.1, -3] }, scalars: { localSteps: 4, baseLoss: 0.3 } },
    { participant: 'b', exampleCount: 7, delta: { w: [0.7, 2] }, scalars: { localSteps: 4, baseLoss: 2 } },
    { participant: 'c', exampleCount: 5, delta: { w: [-0.4, 1] }, scalars: { localSteps: 4, baseLoss: 0.9 } },
  ];
  const round = { base: { w: [0.3, -1.7] }, updates };
  const alike = { ...round, updates: updates.map((update) => ({ ...update, exampleCount: 1 })) };

  it.each([
    { key: 'fed-prox', mu: 0 },
    { key: 'fed-avgm', momentum: 0 },
    { key: 'fed-nova' },
    { key: 'fed-bn' },
    { key: 'ditto', lambda: 0 },
    { key: 'fine-tune' },
    { key: 'clustered', warmUpRounds: 9 },
  ])('%j is fed-avg', async (spec) => {
    expect(await versionOf(spec, round)).toEqual(await versionOf({ key: 'fed-avg' }, round));
  });

  it.each([
    { key: 'q-fed-avg', q: 0 },
    { key: 'trimmed-mean', f: 0 },
    { key: 'multi-krum', f: 0, selected: 3 },
    { key: 'centred-clipping', radius: 1e6, iterations: 1 },
    { key: 'norm-bounding', maximumNorm: 1e6 },
    { key: 'median', bucketSize: 3 },
    { key: 'fed-buff', bufferSize: 3 },
    { key: 'scaffold' },
  ])('%j is fed-avg of participants with equal example counts', async (spec) => {
    const updatesWithControl = alike.updates.map((update) => ({
      ...update,
      parts: spec.key === 'scaffold' ? { control: { w: [0, 0] } } : {},
    }));

    const next = await versionOf(spec, { ...alike, updates: updatesWithControl });

    const expected = await versionOf({ key: 'fed-avg' }, alike);
    expectNear(next['w']!, expected['w']!);
  });

  it('hierarchical with edgeRounds 1 is fed-avg', async () => {
    const spec = { key: 'hierarchical', attribute: 'site', edgeRounds: 1 };
    const bases = { 'edge-n': round.base, 'edge-s': round.base };
    const grouped = updates.map((update, index) => ({ ...update, group: index === 0 ? 'edge-n' : 'edge-s' }));

    const next = await versionOf(spec, { bases, updates: grouped });

    const expected = await versionOf({ key: 'fed-avg' }, round);
    expectNear(next['w']!, expected['w']!);
  });
});

describe('statistic tensors', () => {
  const model: readonly ModelTensor[] = [
    { name: 'norm/gamma', shape: [1], role: 'trainable' },
    { name: 'norm/mean', shape: [1], role: 'statistic' },
  ];
  const base = { 'norm/gamma': [0], 'norm/mean': [5] };
  const updates = [1, 3].map((value, index) => ({
    participant: `p${index}`,
    delta: { 'norm/gamma': [value], 'norm/mean': [value] },
  }));

  it.each([
    { key: 'fed-adam' },
    { key: 'fed-avgm', learningRate: 9 },
    { key: 'norm-bounding', maximumNorm: 0.001 },
  ])('get the plain mean under %j', async (spec) => {
    const next = await versionOf(spec, { model, base, updates });

    expect(next['norm/mean']).toEqual([7]);
    expect(next['norm/gamma']).not.toEqual([2]);
  });

  it('stay with the participants under fed-bn, as does all of their layer', async () => {
    const next = await versionOf(
      { key: 'fed-bn' },
      { model, base, updates: updates.map((each) => ({ ...each, delta: {} })) },
    );

    expect(next).toEqual(base);
  });
});
