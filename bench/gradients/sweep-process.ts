import { once } from 'node:events';
import type { BackendPlan } from '../../services/trainer/backends/backend-plan.ts';
import { openBackend } from '../../services/trainer/backends/load-backend.ts';
import { gradientDifference } from './gradient-difference.ts';
import { OPERATIONS } from './operations.ts';
import type { SweptOperation } from './sweep-backend.ts';

/** Sweeps the backend of the plan that its parent sends and sends one message an operation. */
const [plan] = (await once(process, 'message')) as [BackendPlan];
const { tf, numerics } = await openBackend(plan);
// Keeps the library from advertising its other packages.
tf.env().set('PROD', true);
for (const operation of OPERATIONS) {
  const swept: SweptOperation = await gradientDifference(numerics.backend, operation).then(
    (difference) => ({ operation: operation.name, difference }),
    (thrown: unknown) => ({
      operation: operation.name,
      difference: Number.POSITIVE_INFINITY,
      refusal: thrown instanceof Error ? thrown.message.slice(0, 200) : String(thrown),
    }),
  );
  await new Promise<void>((resolve) => process.send?.(swept, undefined, undefined, () => resolve()));
}
process.exit(0);
