import fc from 'fast-check';
import { type CohortSpec, chooseCohort, type QuorumSpec } from '../../learning/cohort.ts';

const ADMITTED = ['a', 'b', 'c', 'd', 'e'];
const ALL_READY = new Set(ADMITTED);
const QUORUM: QuorumSpec = { kind: 'fraction', of: 0.8 };
const QUESTION = {
  spec: { kind: 'all' } as CohortSpec,
  quorum: QUORUM,
  admitted: ADMITTED,
  ready: ALL_READY as ReadonlySet<string>,
  seed: 1,
  round: 1,
};

const anyIds = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 20 });
const anySpec: fc.Arbitrary<CohortSpec> = fc.oneof(
  fc.constant<CohortSpec>({ kind: 'all' }),
  fc.record({ kind: fc.constant('count' as const), of: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ kind: fc.constant('fraction' as const), of: fc.double({ min: 0.01, max: 1, noNaN: true }) }),
);

describe('chooseCohort', () => {
  it('asks every ready participant and measures the quorum by the admitted ones', () => {
    const ready = new Set(['d', 'a', 'c', 'b']);

    expect(chooseCohort({ ...QUESTION, ready })).toEqual({
      cohort: ['a', 'b', 'c', 'd'],
      quorum: 4,
      enough: true,
    });
  });

  it('says what is missing for the quorum', () => {
    const answer = chooseCohort({ ...QUESTION, ready: new Set(['a', 'b', 'stranger']) });

    expect(answer).toEqual({
      cohort: ['a', 'b'],
      quorum: 4,
      enough: false,
      reason: '2 of 5 participants are ready, 4 are needed',
    });
  });

  it.each<[CohortSpec, QuorumSpec, size: number, quorum: number]>([
    [{ kind: 'count', of: 2 }, { kind: 'fraction', of: 1 }, 2, 2],
    [{ kind: 'count', of: 9 }, { kind: 'fraction', of: 0.5 }, 5, 3],
    [{ kind: 'fraction', of: 0.5 }, { kind: 'fraction', of: 0.5 }, 3, 2],
    [{ kind: 'fraction', of: 0.2 }, { kind: 'fraction', of: 0.01 }, 1, 1],
    [{ kind: 'all' }, { kind: 'count', of: 2 }, 5, 2],
  ])('gives %j with quorum %j a cohort of %i and a quorum of %i', (spec, quorum, size, needed) => {
    const answer = chooseCohort({ ...QUESTION, spec, quorum });

    expect(answer).toMatchObject({ quorum: needed, enough: true });
    expect(answer.cohort).toHaveLength(size);
  });

  it('does not ask for one more because of a rounding error', () => {
    const admitted = Array.from({ length: 100 }, (_, index) => `p${index}`);
    const spec = { kind: 'fraction', of: 0.07 } as const;

    const answer = chooseCohort({ ...QUESTION, spec, admitted, ready: new Set(admitted) });

    expect(answer.cohort).toHaveLength(7);
  });

  it('never opens a round whose quorum is larger than its cohort', () => {
    const answer = chooseCohort({
      ...QUESTION,
      spec: { kind: 'count', of: 2 },
      quorum: { kind: 'count', of: 3 },
    });

    expect(answer).toMatchObject({ enough: false, reason: 'the quorum of 3 is larger than the cohort of 2' });
  });

  it('is not enough without participants', () => {
    expect(chooseCohort({ ...QUESTION, admitted: [], ready: new Set() })).toMatchObject({
      cohort: [],
      quorum: 1,
      enough: false,
    });
  });

  it('asks those that missed an earlier attempt only if there are no others', () => {
    const spec = { kind: 'count', of: 2 } as const;
    const first = chooseCohort({ ...QUESTION, spec }).cohort;

    const second = chooseCohort({ ...QUESTION, spec, missed: new Set(first) }).cohort;
    const third = chooseCohort({ ...QUESTION, spec, missed: ALL_READY }).cohort;

    expect(second.filter((participant) => first.includes(participant))).toEqual([]);
    expect(third).toEqual(first);
  });

  it('asks everybody in turn over the rounds', () => {
    const asked = new Set<string>();
    for (let round = 1; round <= 30; round++) {
      for (const id of chooseCohort({ ...QUESTION, spec: { kind: 'count', of: 1 }, round }).cohort)
        asked.add(id);
    }

    expect(asked).toEqual(ALL_READY);
  });

  it('asks only ready ones, at most the intended number, whatever the order of the list', () => {
    fc.assert(
      fc.property(anyIds, anySpec, fc.nat(), fc.nat(20), (admitted, spec, seed, readyCount) => {
        const ready = new Set(admitted.slice(0, readyCount));
        const question = { ...QUESTION, spec, admitted, ready, seed };

        const answer = chooseCohort(question);
        const reversed = chooseCohort({ ...question, admitted: [...admitted].reverse() });

        expect(reversed).toEqual(answer);
        expect(answer.cohort.every((id) => ready.has(id))).toBe(true);
        expect(answer.cohort).toEqual([...new Set(answer.cohort)].sort());
        expect(answer.enough).toBe(answer.cohort.length >= answer.quorum);
        if (spec.kind === 'count') expect(answer.cohort.length).toBe(Math.min(spec.of, ready.size));
      }),
    );
  });

  it('replaces one that is not ready by the next in the permutation and keeps the others', () => {
    fc.assert(
      fc.property(anyIds, fc.integer({ min: 1, max: 5 }), fc.nat(), (admitted, count, seed) => {
        const question = { ...QUESTION, admitted, seed, spec: { kind: 'count', of: count } as const };
        const before = chooseCohort({ ...question, ready: new Set(admitted) }).cohort;

        const ready = new Set(admitted.filter((id) => id !== before[0]));
        const after = chooseCohort({ ...question, ready }).cohort;

        expect(before.slice(1).every((id) => after.includes(id))).toBe(true);
      }),
    );
  });
});

describe('chooseCohort, beyond lots:', () => {
  const many = Array.from({ length: 60 }, (_, index) => `p${String(index).padStart(2, '0')}`);
  const question = { ...QUESTION, admitted: many, ready: new Set(many) as ReadonlySet<string> };

  it('asks more than it needs where it selects over, and keeps the quorum', () => {
    const spec = { kind: 'count', of: 10, overSelection: 0.3 } as const;

    const answer = chooseCohort({ ...question, spec });

    expect(answer).toMatchObject({ quorum: 8, enough: true });
    expect(answer.cohort).toHaveLength(13);
  });

  it('over-selects nobody twice and nobody who is not ready', () => {
    const spec = { kind: 'fraction', of: 1, overSelection: 1 } as const;

    expect(chooseCohort({ ...question, spec }).cohort).toEqual(many);
  });

  it('asks those of more weight more often, and those without any last', () => {
    const weights = new Map(many.slice(0, 50).map((id, index) => [id, index < 10 ? 9 : 1]));
    const asked = new Map<string, number>();
    for (let round = 1; round <= 200; round++) {
      const { cohort } = chooseCohort({ ...question, spec: { kind: 'count', of: 10 }, weights, round });
      for (const id of cohort) asked.set(id, (asked.get(id) ?? 0) + 1);
    }
    const total = (ids: readonly string[]) => ids.reduce((sum, id) => sum + (asked.get(id) ?? 0), 0);

    expect(total(many.slice(0, 10)) / 10).toBeGreaterThan((3 * total(many.slice(10, 50))) / 40);
    expect(total(many.slice(50))).toBe(0);
  });

  it('has of each stratum what all admitted ones have of it', () => {
    const strata = new Map(
      many.map((id, index) => [id, index < 40 ? 'press' : index < 55 ? 'lathe' : 'mill']),
    );
    for (let round = 1; round <= 20; round++) {
      const { cohort } = chooseCohort({ ...question, spec: { kind: 'count', of: 12 }, strata, round });
      const counts = ['press', 'lathe', 'mill'].map(
        (stratum) => cohort.filter((id) => strata.get(id) === stratum).length,
      );

      expect(counts).toEqual([8, 3, 1]);
    }
  });
});
