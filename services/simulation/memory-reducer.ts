import { inlineRunner } from '../../learning/aggregation/fold/fold-runner.ts';
import { MemoryFiles } from '../../learning/aggregation/fold/spool-files.ts';
import { boundsOf, LARGEST_FACTOR_SUM } from '../../learning/aggregation/grid.ts';
import type { Reducer } from '../../learning/pipeline/reducer.ts';
import { spoolReducer } from '../../learning/pipeline/spool-reducer.ts';
import type { Federation } from '../../openapi/schemas.ts';
import { type CollectedUpdate, spooledUpdate } from './collected-update.ts';

interface MemoryReducerOptions {
  readonly kernels: Uint8Array;
  readonly federation: Federation;
  /** Participants that were asked: of them the sum's grid is made. */
  readonly cohortSize: number;
}

/** Reduces updates in memory, by the same sums as the aggregator from its spool. */
export function memoryReducer(
  { kernels, federation, cohortSize }: MemoryReducerOptions,
  updates: readonly CollectedUpdate[],
): Reducer {
  const files = new MemoryFiles();
  let results = 0;
  return spoolReducer({
    runner: inlineRunner(kernels, files),
    files,
    updates: updates.map((update) => {
      const spooled = spooledUpdate(update);
      files.put(spooled.path, update.bytes);
      return spooled;
    }),
    bounds: {
      ...boundsOf(federation.aggregation?.bounds ?? {}),
      maximumFactorSum: Math.min(LARGEST_FACTOR_SUM, cohortSize * federation.profile.examples.maximum),
    },
    scratch(bytes) {
      const path = `result-${results++}`;
      files.put(path, new Uint8Array(bytes));
      return path;
    },
  });
}
