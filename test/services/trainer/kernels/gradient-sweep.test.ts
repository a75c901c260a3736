import { OPERATIONS } from '../../../../bench/gradients/operations.ts';
import { sweepBackend } from '../../../../bench/gradients/sweep-backend.ts';
import { sweptBackends } from '../../../../bench/gradients/swept-backends.ts';
import { toleranceOf } from '../../../../bench/gradients/tolerance.ts';

describe.each(sweptBackends().map((swept) => [swept.name, swept] as const))(
  'the backend %s',
  (name, { plan, absent }) => {
    if (plan === undefined) {
      // Skipped by name: what is not set up here cannot be swept.
      describe.skip(`(skipped: ${absent})`, () =>
        it(`${name} has the gradients of all operations`, () => undefined));
      return;
    }
    let differences: ReadonlyMap<string, number> = new Map();

    beforeAll(async () => {
      const swept = await sweepBackend(plan);
      differences = new Map(swept.map(({ operation, difference }) => [operation, difference]));
    }, 300_000);

    it.each(OPERATIONS.map((operation) => operation.name))('has the gradients of %s', (operation) => {
      expect(differences.get(operation)).toBeLessThanOrEqual(toleranceOf(plan.numerics.backend, operation));
    });
  },
);
