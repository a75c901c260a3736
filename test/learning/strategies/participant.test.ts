import fc from 'fast-check';
import { controlAfter, correctionAfter } from '../../../learning/strategies/after-training.ts';
import { gradientTerms } from '../../../learning/strategies/gradient-terms.ts';
import {
  NO_STATE,
  type ParticipantState,
  proposeState,
  settleState,
} from '../../../learning/strategies/participant-state.ts';

describe('gradientTerms', () => {
  const control = Float32Array.of(1, 2);
  const own = Float32Array.of(3, 5);

  it.each([
    [{ kind: 'plain' } as const, { strength: 0 }],
    [{ kind: 'proximal', mu: 0.3 } as const, { strength: 0.3 }],
    [{ kind: 'dual-model', lambda: 2 } as const, { strength: 2 }],
    [{ kind: 'control' } as const, { strength: 0, offset: Float32Array.of(-2, -3) }],
    [{ kind: 'dyn', alpha: 0.1 } as const, { strength: 0.1, offset: Float32Array.of(-3, -5) }],
  ])('of %j are those of its paper', (task, expected) => {
    expect(gradientTerms(task, { control, own })).toEqual(expected);
  });

  it('take what is absent for zeros', () => {
    expect(gradientTerms({ kind: 'control' }, {})).toEqual({ strength: 0 });
    expect(gradientTerms({ kind: 'control' }, { control }).offset).toEqual(control);
    expect(gradientTerms({ kind: 'dyn', alpha: 1 }, {})).toEqual({ strength: 1 });
  });
});

describe('what training leaves behind', () => {
  const base = Float32Array.of(1, 1);
  const trained = Float32Array.of(0, 3);

  it('is the control variate of option II, and by how much it changed', () => {
    const given = {
      base,
      trained,
      steps: 4,
      learningRate: 0.25,
      own: Float32Array.of(1, 1),
      control: Float32Array.of(2, 0),
    };

    const after = controlAfter(given);

    expect(after.own).toEqual(Float32Array.of(0, -1));
    expect(after.change).toEqual(Float32Array.of(-1, -2));
  });

  it('is the mean gradient after a first round of scaffold', () => {
    const given = { base, trained, steps: 2, learningRate: 0.5, own: undefined, control: undefined };

    expect(controlAfter(given).own).toEqual(Float32Array.of(1, -2));
  });

  it('is the gradient correction of fed-dyn', () => {
    expect(correctionAfter({ base, trained, alpha: 0.5, own: undefined })).toEqual(Float32Array.of(0.5, -1));
  });
});

/** What happens to one attempt of a round. */
interface Attempt {
  /** How often its job is executed, to a kill before or after the state was kept, or to its end. */
  readonly executions: readonly ('before' | 'after' | 'end')[];
  /** Whether its update counts. */
  readonly counts: boolean;
  /** Whether a job of an earlier attempt comes once more. */
  readonly echo: boolean;
}

const attempts = fc.array(
  fc.record<Attempt>({
    executions: fc.array(fc.constantFrom('before', 'after', 'end'), { minLength: 1, maxLength: 4 }),
    counts: fc.boolean(),
    echo: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);

/** Content is the list of trainings behind it; an update is named by what it was made of. */
type Trainings = readonly string[];

interface Job {
  readonly round: number;
  readonly roundAttempt: number;
  readonly lastCountedUpdate: string | undefined;
}

function execute(state: ParticipantState<Trainings>, job: Job, until: Attempt['executions'][number]) {
  const settled = settleState(state, job);
  if (settled.kind !== 'ready') return { state, kind: settled.kind };
  const content = [...(settled.state.current?.content ?? []), `${job.round}`];
  if (until === 'before') return { state: settled.state, kind: 'killed' as const };
  const proposal = {
    round: job.round,
    roundAttempt: job.roundAttempt,
    update: `update of ${content.join()}`,
    content,
  };
  return { state: proposeState(settled.state, proposal), kind: until, update: proposal.update };
}

describe('the state of a participant', () => {
  it('is that of one clean execution, however often jobs are killed, repeated or come late', () => {
    fc.assert(
      fc.property(attempts, (given) => {
        let state: ParticipantState<Trainings> = NO_STATE;
        let lastCountedUpdate: string | undefined;
        const counted: string[] = [];
        const jobs: Job[] = [];
        let [round, roundAttempt] = [1, 1];
        for (const { executions, counts, echo } of given) {
          const job = { round, roundAttempt, lastCountedUpdate };
          let sent: string | undefined;
          for (const until of executions) {
            const done = execute(state, job, until);
            expect(done.kind).not.toBe('lost');
            state = done.state;
            if (until === 'end') sent = done.update;
          }
          if (echo && jobs.length > 0) expect(execute(state, jobs.at(-1)!, 'end').kind).toBe('stale');
          jobs.push(job);
          if (sent !== undefined && counts) {
            counted.push(`${round}`);
            lastCountedUpdate = sent;
            [round, roundAttempt] = [round + 1, 1];
          } else roundAttempt++;
        }

        const settled = settleState(state, { round, roundAttempt, lastCountedUpdate });

        expect(settled).toMatchObject({ kind: 'ready' });
        if (settled.kind === 'ready') expect(settled.state.current?.content ?? []).toEqual(counted);
      }),
    );
  });

  it('is reported lost where the last counted update left none here', () => {
    const settled = settleState(NO_STATE, { round: 3, roundAttempt: 1, lastCountedUpdate: 'somewhere else' });

    expect(settled).toMatchObject({ kind: 'lost', state: { current: undefined, round: 3 } });
  });

  it('does not change when the same job settles it twice', () => {
    const proposed = proposeState(NO_STATE as ParticipantState<string>, {
      round: 1,
      roundAttempt: 1,
      update: 'u',
      content: 'x',
    });
    const job = { round: 2, roundAttempt: 1, lastCountedUpdate: 'u' };
    const once = settleState(proposed, job);
    if (once.kind !== 'ready') throw new Error('the update counted');

    expect(settleState(once.state, job)).toEqual(once);
    expect(once.state).toMatchObject({ current: { update: 'u', content: 'x' }, provisional: [] });
  });
});
