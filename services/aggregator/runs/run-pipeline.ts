import { boundsOf, LARGEST_FACTOR_SUM } from '../../../learning/aggregation/grid.ts';
import { codecOf } from '../../../learning/compression/index.ts';
import type { GateSpec } from '../../../learning/gates/gate.ts';
import { DEFAULT_PIPELINE, type Pipeline } from '../../../learning/pipeline/pipeline.ts';
import type { SumBounds } from '../../../learning/pipeline/spool-reducer.ts';
import type { ExpectedCompression } from '../../../learning/update.ts';
import type { Federation } from '../../../openapi/schemas.ts';

/** The stages of a federation's pipeline: those that it names, else the default ones. */
export function pipelineOf({ pipeline }: Pick<Federation, 'pipeline'>): Pipeline {
  return {
    participant: pipeline?.participant ?? DEFAULT_PIPELINE.participant,
    aggregator: pipeline?.aggregator ?? DEFAULT_PIPELINE.aggregator,
  };
}

/** How participants compress their deltas; undefined where they do not. */
export function compressionOf({ participant }: Pipeline): ExpectedCompression | undefined {
  const stage = participant.find(({ kind }) => kind === 'compress');
  if (stage?.kind !== 'compress') return undefined;
  return { codec: codecOf(stage.codec), roles: stage.roles ?? ['trainable'] };
}

/** What the pipeline's gates let pass; all where it has none. */
export function gatesOf({ aggregator }: Pipeline): GateSpec {
  const { kind: _stage, ...gates } = aggregator.find((stage) => stage.kind === 'gate') ?? { kind: 'gate' };
  return gates;
}

/** The grid on which the updates of a round are summed. @param updates that may be in one version. */
export function sumBoundsOf({ aggregation, profile }: Federation, updates: number): SumBounds {
  const maximumFactorSum = Math.min(LARGEST_FACTOR_SUM, Math.max(1, updates) * profile.examples.maximum);
  return { ...boundsOf(aggregation?.bounds ?? {}), maximumFactorSum };
}
