import fc from 'fast-check';
import { decideRound, type RoundEvent, roundStates } from '../../learning/round.ts';
import { type RunEvent, type RunState, runStates } from '../../learning/run.ts';
import { thrownBy } from './safetensors-samples.ts';

describe('the states of a run', () => {
  const path = (...events: RunEvent[]): RunState => events.reduce<RunState>(runStates.next, 'created');

  it('lead from its creation to its completion', () => {
    expect(path('wait', 'proceed', 'proceed', 'complete')).toBe('completed');
  });

  it('go back to waiting when too few are ready, and on again', () => {
    expect(path('wait', 'proceed', 'wait')).toBe('waiting');
    expect(path('wait', 'proceed', 'wait', 'proceed')).toBe('running');
  });

  it('let a paused run end with its last round, and otherwise wait for a person', () => {
    expect(path('proceed', 'pause', 'resume')).toBe('running');
    expect(path('proceed', 'pause', 'complete')).toBe('completed');
    expect(runStates.allows('paused', 'proceed')).toBe(false);
  });

  it('let a person stop any run that has not ended', () => {
    for (const state of ['created', 'waiting', 'running', 'paused'] as const) {
      expect(runStates.next(state, 'stop')).toBe('stopped');
    }
  });

  it('never change once a run has ended', () => {
    for (const state of ['completed', 'stopped', 'failed'] as const) {
      expect(runStates.isFinal(state)).toBe(true);
      const error = thrownBy(() => runStates.next(state, 'resume'));
      expect(error.code).toBe('E_WRONG_STATE');
    }
    expect(runStates.isFinal('paused')).toBe(false);
  });

  it('name what a state allows when they refuse', () => {
    const error = thrownBy(() => runStates.next('paused', 'pause'));

    expect(error.message).toBe('a run that is paused allows resume, complete, stop, fail, not pause');
  });
});

describe('the states of a round', () => {
  it('lead from its opening to its completion', () => {
    const events: RoundEvent[] = ['collect', 'close', 'publish', 'complete'];
    const states = events.map((_, index) => events.slice(0, index + 1).reduce(roundStates.next, 'open'));

    expect(states).toEqual(['collecting', 'aggregating', 'published', 'completed']);
  });

  it('let a round fail until its version is published', () => {
    const failing = (
      ['open', 'collecting', 'aggregating', 'published', 'completed', 'failed'] as const
    ).filter((state) => roundStates.allows(state, 'fail'));

    expect(failing).toEqual(['open', 'collecting', 'aggregating']);
  });
});

describe('decideRound', () => {
  const round = { cohortSize: 5, quorum: 3, contributions: 0, failures: 0, deadlinePassed: false };

  it.each([
    ['collects while answers are missing', { contributions: 4 }, 'collecting'],
    ['aggregates when all answered', { contributions: 5 }, 'aggregate'],
    ['aggregates when the rest failed', { contributions: 3, failures: 2 }, 'aggregate'],
    ['aggregates a quorum at the deadline', { contributions: 3, deadlinePassed: true }, 'aggregate'],
    [
      'gives up below the quorum at the deadline',
      { contributions: 2, deadlinePassed: true },
      'quorum-missed',
    ],
    ['gives up when the quorum is out of reach', { contributions: 1, failures: 3 }, 'quorum-missed'],
  ])('%s', (_, collection, decision) => {
    expect(decideRound({ ...round, ...collection })).toBe(decision);
  });

  it('never aggregates fewer than the quorum and always decides at the deadline', () => {
    const anyRound = fc
      .tuple(fc.nat(20), fc.nat(20), fc.nat(20), fc.integer({ min: 1, max: 20 }), fc.boolean())
      .map(([contributions, failures, silent, quorum, deadlinePassed]) => ({
        cohortSize: contributions + failures + silent,
        contributions,
        failures,
        quorum,
        deadlinePassed,
      }));
    fc.assert(
      fc.property(anyRound, (collection) => {
        const decision = decideRound(collection);

        if (decision === 'aggregate')
          expect(collection.contributions).toBeGreaterThanOrEqual(collection.quorum);
        if (collection.deadlinePassed) expect(decision).not.toBe('collecting');
      }),
    );
  });
});
