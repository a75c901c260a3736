import { keepsState } from '../../../learning/strategies/participant-task.ts';
import type { Strategy } from '../../../learning/strategies/strategy.ts';
import type { PipelineSpec } from '../../../openapi/schemas.ts';

/**
 * Whether a participant keeps something from round to round: what its task needs, tensors of its own, or what compression
 * left out.
 */
export function keepsOwnState(strategy: Strategy, pipeline: PipelineSpec | undefined): boolean {
  return (
    keepsState(strategy.task) || strategy.isLocal !== undefined || compressionOf(pipeline)?.feedsBack === true
  );
}

/** The compressing stage of a pipeline, if it has one. */
export function compressionOf(pipeline: PipelineSpec | undefined) {
  const stage = pipeline?.participant?.find((each) => each.kind === 'compress');
  if (stage === undefined) return undefined;
  const { codec, roles = ['trainable'] } = stage;
  return { codec, roles, feedsBack: codec['errorFeedback'] === true };
}
