import type { NodeId, TimestampsToReturn } from 'node-opcua-client';
import type { RawSession } from './guarded-session.ts';
import type { LinkOptions } from './link-options.ts';
import { type Legacy, timestampsFor } from './link-subscriptions.ts';
import { type OperationLimits, operationLimits } from './operation-limits.ts';
import { type PublishPlan, planPublishing } from './publish-groups.ts';
import { resolveNodes } from './resolve-nodes.ts';
import { addressesOf, groupIntervals } from './signal-plan.ts';
import { makeTargets } from './targets.ts';

/** What is to be asked of a server, as it is in this session. */
export interface FlowPlan {
  /** Node of each address, by its key. */
  readonly nodes: ReadonlyMap<string, NodeId>;
  readonly plan: PublishPlan;
  readonly limits: OperationLimits;
  readonly timestamps: TimestampsToReturn;
  /** What may be taken over of the link before. */
  readonly legacy: Legacy | undefined;
}

/**
 * Resolves the nodes, looks at their values and plans the subscriptions.
 * @throws CodedError `E_OPCUA_NODE`
 */
export async function planFlow(
  { source, plans, ledger }: LinkOptions,
  session: RawSession,
  namespaces: readonly string[],
  legacy: Legacy | undefined,
): Promise<FlowPlan> {
  const limits = await operationLimits(session);
  const resolved = await resolveNodes(session, namespaces, addressesOf(plans));
  const nodes = new Map(resolved.map(({ signal, nodeId }) => [signal, nodeId]));
  const intervalsMs = groupIntervals(source, plans);
  const context = { session, source, plans, nodes, namespaces, intervalsMs, limits, ledger };
  const { targets, looks } = await makeTargets(context);
  // Handles name the items of a subscription that is taken over as they did before.
  const plan = legacy?.plan ?? planPublishing(targets, intervalsMs);
  for (const { group, signals } of plan.targets) for (const { track } of signals) track.group = group;
  return { nodes, plan, limits, timestamps: timestampsFor(looks), legacy };
}
