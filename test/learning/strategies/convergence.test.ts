import { controlAfter, correctionAfter } from '../../../learning/strategies/after-training.ts';
import { gradientTerms } from '../../../learning/strategies/gradient-terms.ts';
import { strategyOf } from '../../../learning/strategies/index.ts';
import type { StrategySpec } from '../../../learning/strategies/strategy.ts';
import { closeTestRound, plain, type TestUpdate } from './round-of.ts';

/** A participant whose loss is curvature / 2 · (w - optimum)². */
interface Quadratic {
  readonly participant: string;
  readonly curvature: number;
  readonly optimum: number;
  readonly steps: number;
}

const LEARNING_RATE = 0.1;

/** Unlike optima and curvatures: what each wants differs, and how fast it gets there. */
const UNLIKE: readonly Quadratic[] = [
  { participant: 'a', curvature: 4, optimum: 3, steps: 10 },
  { participant: 'b', curvature: 1, optimum: -2, steps: 10 },
  { participant: 'c', curvature: 0.5, optimum: -10, steps: 10 },
];

function optimumOf(participants: readonly Quadratic[]): number {
  const sum = participants.reduce((total, { curvature, optimum }) => total + curvature * optimum, 0);
  return sum / participants.reduce((total, { curvature }) => total + curvature, 0);
}

/** The global value after so many rounds of all participants with plain gradient descent. */
async function learn(
  spec: StrategySpec,
  participants: readonly Quadratic[],
  rounds: number,
): Promise<number> {
  const strategy = strategyOf(spec);
  const { task } = strategy;
  const own = new Map<string, Float32Array>();
  let base = { w: [0] };
  let { state } = strategy.init([{ name: 'w', shape: [1], role: 'trainable' }]);
  for (let round = 1; round <= rounds; round++) {
    const control = state.slots.get('control')?.get('w');
    const updates = participants.map(({ participant, curvature, optimum, steps }): TestUpdate => {
      const kept = own.get(participant);
      const { strength, offset } = gradientTerms(task, {
        ...(control && { control }),
        ...(kept && { own: kept }),
      });
      const start = base.w[0]!;
      let w = start;
      for (let step = 0; step < steps; step++) {
        w -= LEARNING_RATE * (curvature * (w - optimum) + strength * (w - start) + (offset?.[0] ?? 0));
      }
      const training = { own: kept, base: Float32Array.of(start), trained: Float32Array.of(w) };
      const delta = { w: [w - start] };
      const scalars = { localSteps: steps };
      if (task.kind === 'dyn') own.set(participant, correctionAfter({ ...training, alpha: task.alpha }));
      if (task.kind !== 'control') return { participant, delta, scalars };
      const after = controlAfter({ ...training, control, steps, learningRate: LEARNING_RATE });
      own.set(participant, after.own);
      return { participant, delta, scalars, parts: { control: { w: [...after.change] } } };
    });
    const result = await closeTestRound(strategy, { base, updates, state });
    base = { w: plain(result.versions.get('main')!)['w']! };
    state = result.state;
  }
  return base.w[0]!;
}

describe('participants with unlike data', () => {
  it('pull fed-avg away from the common optimum', async () => {
    expect(Math.abs((await learn({ key: 'fed-avg' }, UNLIKE, 200)) - optimumOf(UNLIKE))).toBeGreaterThan(0.5);
  });

  it.each([{ key: 'scaffold' }, { key: 'fed-dyn', alpha: 0.5 }])(
    'reach the common optimum with %j, as its paper says',
    async (spec) => {
      expect(await learn(spec, UNLIKE, 200)).toBeCloseTo(optimumOf(UNLIKE), 3);
    },
  );

  it('stay nearer to the common optimum with fed-prox', async () => {
    const distance = async (spec: StrategySpec) =>
      Math.abs((await learn(spec, UNLIKE, 300)) - optimumOf(UNLIKE));

    expect(await distance({ key: 'fed-prox', mu: 5 })).toBeLessThan((await distance({ key: 'fed-avg' })) / 2);
  });
});

describe('participants that do unlike numbers of steps', () => {
  const uneven: readonly Quadratic[] = [
    { participant: 'a', curvature: 0.01, optimum: 10, steps: 20 },
    { participant: 'b', curvature: 0.01, optimum: -10, steps: 2 },
  ];

  it('pull fed-avg to whoever does more of them, and not fed-nova', async () => {
    expect(await learn({ key: 'fed-avg' }, uneven, 600)).toBeGreaterThan(5);
    expect(Math.abs(await learn({ key: 'fed-nova' }, uneven, 600))).toBeLessThan(0.2);
  });
});
