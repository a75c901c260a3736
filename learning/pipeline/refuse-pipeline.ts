import { CodedError, type Fault } from '../../runtime/errors.ts';
import { codecOf } from '../compression/index.ts';
import type { Strategy } from '../strategies/strategy.ts';
import { combinationFault } from './combination-fault.ts';
import type { Pipeline } from './pipeline.ts';

const PARTICIPANT_ORDER = ['clip', 'compress'] as const;
const AGGREGATOR_ORDER = ['verify', 'decode', 'clip', 'gate', 'fold', 'optimise'] as const;
const REQUIRED = ['verify', 'decode', 'fold'] as const;

/**
 * Refuses a pipeline whose stages stand in a wrong order or do not go together with the strategy, when the federation is
 * created: a round would find out too late.
 * @throws CodedError `E_PIPELINE_REFUSED` with every fault; `E_INVALID_INPUT` for a codec that is none.
 */
export function refusePipeline(pipeline: Pipeline, strategy: Strategy): void {
  const { participant, aggregator } = pipeline;
  const faults: Fault[] = [
    ...orderFaults('participant', participant, PARTICIPANT_ORDER),
    ...orderFaults('aggregator', aggregator, AGGREGATOR_ORDER),
  ];
  for (const kind of REQUIRED) {
    if (!aggregator.some((stage) => stage.kind === kind)) {
      faults.push({ path: '/pipeline/aggregator', message: `the stage ${kind} is missing` });
    }
  }
  aggregator.forEach((stage, index) => {
    if (stage.kind !== 'gate' || strategy.parts.includes('delta')) return;
    if (stage.maximumNorm === undefined && stage.maximumTimesMedianNorm === undefined) return;
    const message = `${strategy.key} sends trained weights, and gates of norms are for deltas`;
    faults.push({ path: `/pipeline/aggregator/${index}`, message });
  });
  const reclips = aggregator.some(({ kind }) => kind === 'clip');
  for (const [side, stages] of [
    ['participant', participant],
    ['aggregator', aggregator],
  ] as const) {
    stages.forEach((stage, index) => {
      const roles = 'roles' in stage ? (stage.roles ?? ['trainable' as const]) : ['trainable' as const];
      const codec = stage.kind === 'compress' ? codecOf(stage.codec) : undefined;
      for (const role of roles) {
        const message = combinationFault({ strategy, stage: stage.kind, codec, role, reclips });
        if (message !== undefined) faults.push({ path: `/pipeline/${side}/${index}`, message });
      }
    });
  }
  if (faults.length === 0) return;
  throw new CodedError('E_PIPELINE_REFUSED', `the pipeline is refused: ${faults[0]?.message}`, { faults });
}

function orderFaults(
  side: string,
  stages: readonly { readonly kind: string }[],
  order: readonly string[],
): Fault[] {
  let last = -1;
  return stages.flatMap(({ kind }, index) => {
    const place = order.indexOf(kind);
    const path = `/pipeline/${side}/${index}`;
    if (place < 0) return [{ path, message: `${kind} is no stage of the ${side}` }];
    if (place <= last)
      return [{ path, message: `${kind} cannot follow ${order[last]}; the order is ${order.join(', ')}` }];
    last = place;
    return [];
  });
}
