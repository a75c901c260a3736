import { type CohortSpec, neededContributions, type QuorumSpec } from '../../../learning/cohort.ts';
import { refusePipeline } from '../../../learning/pipeline/refuse-pipeline.ts';
import { strategyOf } from '../../../learning/strategies/index.ts';
import { refuseQuorum } from '../../../learning/strategies/robust.ts';
import type { Federation, Schemas } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { pipelineOf } from './run-pipeline.ts';

interface StrategyChoice {
  readonly strategy: Schemas['StrategySpec'];
  readonly cohort: CohortSpec;
  readonly quorum: QuorumSpec;
  readonly pipeline: Federation['pipeline'];
}

/**
 * Refuses a strategy that does not exist or whose rule needs more updates than the quorum assures, and a pipeline that is
 * none or does not go with the strategy: a round would find out too late.
 * @throws CodedError `E_UNKNOWN_STRATEGY`, `E_INVALID_INPUT`, `E_PIPELINE_REFUSED`
 */
export function refuseStrategy({ strategy: spec, cohort, quorum, pipeline }: StrategyChoice): void {
  const strategy = strategyOf(spec);
  refuseQuorum(strategy, neededContributions(quorum, cohort));
  refusePipeline(pipelineOf(pipeline === undefined ? {} : { pipeline }), strategy);
  if (pipeline?.download === undefined) return;
  const message = 'versions are not downloaded as deltas yet';
  const faults = [{ path: '/pipeline/download', message }];
  throw new CodedError('E_PIPELINE_REFUSED', `the pipeline is refused: ${message}`, { faults });
}
