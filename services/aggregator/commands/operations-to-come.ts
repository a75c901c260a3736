import type { OperationRunner } from '../../../aas/server/operations/operation-runner.ts';
import { CodedError } from '../../../runtime/errors.ts';

/** Stands for a runner that is made after the AAS server it is for; until then invocations are refused with `E_NOT_READY`. */
export function operationsToCome(runner: () => OperationRunner | undefined): OperationRunner {
  const require = (): OperationRunner => {
    const made = runner();
    if (made === undefined) throw new CodedError('E_NOT_READY', 'the aggregator is starting');
    return made;
  };
  return {
    run: async (call) => require().run(call),
    start: async (call) => require().start(call),
    progress: async (operation, handle) => require().progress(operation, handle),
  };
}
