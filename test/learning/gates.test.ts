import fc from 'fast-check';
import { needsCohort, refuseAlone, refuseInCohort } from '../../learning/gates/gate.ts';
import { passGates } from '../../learning/pipeline/pass-gates.ts';
import type { ContributionFacts } from '../../learning/strategies/strategy.ts';

function facts(given: Partial<ContributionFacts> = {}): ContributionFacts {
  return { participant: 'a', exampleCount: 10, group: 'main', staleness: 2, norm: 3, scalars: {}, ...given };
}

describe('refuseAlone', () => {
  it.each([
    [{ minimumExampleCount: 11 }, 'E_UPDATE_MALFORMED'],
    [{ maximumExampleCount: 9 }, 'E_UPDATE_MALFORMED'],
    [{ maximumNorm: 2.9 }, 'E_UPDATE_NORM'],
    [{ maximumStaleness: 1 }, 'E_UPDATE_STALE'],
  ])('refuses by %j with its code and the gate', (spec, code) => {
    expect(refuseAlone(spec, facts())).toMatchObject({ participant: 'a', code, gate: Object.keys(spec)[0] });
  });

  it('lets pass what is just within all gates, and everything where none is named', () => {
    const spec = { minimumExampleCount: 10, maximumExampleCount: 10, maximumNorm: 3, maximumStaleness: 2 };

    expect(refuseAlone(spec, facts())).toBeUndefined();
    expect(refuseAlone({}, facts({ norm: 1e30, staleness: 99 }))).toBeUndefined();
  });

  it('lets no norm pass that is not a number', () => {
    expect(refuseAlone({ maximumNorm: 5 }, facts({ norm: Number.NaN }))?.code).toBe('E_UPDATE_NORM');
  });
});

describe('refuseInCohort', () => {
  const cohort = [1, 2, 3, 4, 100].map((norm, index) => facts({ participant: `p${index}`, norm }));

  it('refuses those longer than so many times the median', () => {
    expect(needsCohort({ maximumTimesMedianNorm: 2 })).toBe(true);
    expect(
      refuseInCohort({ maximumTimesMedianNorm: 2 }, cohort).map(({ participant }) => participant),
    ).toEqual(['p4']);
  });

  it('refuses nobody where the gate is not named or the cohort is empty', () => {
    expect(needsCohort({ maximumNorm: 1 })).toBe(false);
    expect(refuseInCohort({}, cohort)).toEqual([]);
    expect(refuseInCohort({ maximumTimesMedianNorm: 2 }, [])).toEqual([]);
  });

  it('never refuses half of a cohort or more', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 }), (norms) => {
        const refused = refuseInCohort(
          { maximumTimesMedianNorm: 1 },
          norms.map((norm) => facts({ norm })),
        );

        expect(refused.length).toBeLessThanOrEqual(norms.length / 2);
      }),
    );
  });
});

describe('passGates', () => {
  it('measures the median without those that were refused by themselves', () => {
    const cohort = [1, 1, 50, 50, 50].map((norm, index) =>
      facts({ participant: `p${index}`, norm, exampleCount: norm }),
    );

    const { kept, refused } = passGates({ maximumExampleCount: 10, maximumTimesMedianNorm: 2 }, cohort);

    expect(kept).toEqual([0, 1]);
    expect(refused.map(({ participant, gate }) => [participant, gate])).toEqual([
      ['p2', 'maximumExampleCount'],
      ['p3', 'maximumExampleCount'],
      ['p4', 'maximumExampleCount'],
    ]);
  });
});
