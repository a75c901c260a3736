import type { NodeId } from 'node-opcua-client';
import type { HistoricSignal } from './backfill.ts';
import type { SignalPlan } from './signal-plan.ts';

/** The signals whose gaps the history of their nodes may fill: those that are the values of a node. */
export function historicSignals(
  plans: readonly SignalPlan[],
  nodes: ReadonlyMap<string, NodeId>,
): ReadonlyMap<string, HistoricSignal> {
  const signals = new Map<string, HistoricSignal>();
  for (const { way, signal, spec, conversion, track } of plans) {
    const nodeId = nodes.get(signal);
    if (way !== 'subscribe' || nodeId === undefined) continue;
    signals.set(signal, {
      nodeId,
      ...(spec.indexRange === undefined ? {} : { indexRange: spec.indexRange }),
      ...(conversion === undefined ? {} : { conversion }),
      ...(track.periodMs === undefined ? {} : { periodMs: track.periodMs }),
    });
  }
  return signals;
}
