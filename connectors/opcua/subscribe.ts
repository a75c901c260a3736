import {
  AttributeIds,
  type ClientSession,
  type ClientSubscription,
  DataChangeFilter,
  DataChangeTrigger,
  DeadbandType,
  TimestampsToReturn,
} from 'node-opcua-client';
import { CodedError } from '../../runtime/errors.ts';
import type { SignalNode } from './resolve-nodes.ts';
import type { SubscriptionRequest } from './revised.ts';

const KEEP_ALIVE_MS = 1_500;
const ITEMS_A_CALL = 1_000;

/** Makes the subscription without items yet, so that a listener is there before the first value. */
export function createSubscription(
  session: ClientSession,
  request: SubscriptionRequest,
): Promise<ClientSubscription> {
  const keepAliveCount = Math.ceil(KEEP_ALIVE_MS / request.publishingIntervalMs);
  return session.createSubscription2({
    requestedPublishingInterval: request.publishingIntervalMs,
    requestedMaxKeepAliveCount: keepAliveCount,
    // A lifetime is at least three keep-alives (OPC UA Part 4, 5.13.2.2).
    requestedLifetimeCount: Math.max(
      3 * keepAliveCount,
      Math.ceil(request.lifetimeMs / request.publishingIntervalMs),
    ),
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 1,
  });
}

/**
 * Monitors every change of value, status or timestamp of the nodes: no sampling interval, no deadband, repeated equal
 * values included.
 * @throws CodedError `E_OPCUA_NODE` with all items that the server refuses.
 */
export async function monitorNodes(
  subscription: ClientSubscription,
  nodes: readonly SignalNode[],
  queueSize: number,
): Promise<void> {
  const distinct = [...new Map(nodes.map(({ nodeId }) => [nodeId.toString(), nodeId])).values()];
  const filter = new DataChangeFilter({
    trigger: DataChangeTrigger.StatusValueTimestamp,
    deadbandType: DeadbandType.None,
  });
  for (let start = 0; start < distinct.length; start += ITEMS_A_CALL) {
    const { monitoredItems } = await subscription.monitorItems(
      distinct
        .slice(start, start + ITEMS_A_CALL)
        .map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })),
      { samplingInterval: 0, filter, queueSize, discardOldest: true },
      TimestampsToReturn.Both,
    );
    const faults = monitoredItems
      .filter(({ statusCode }) => statusCode.isNotGood())
      .map(({ itemToMonitor, statusCode }) => ({
        path: itemToMonitor.nodeId.toString(),
        message: `cannot be monitored: ${statusCode.name}`,
      }));
    if (faults.length > 0) {
      throw new CodedError('E_OPCUA_NODE', `the server refuses to monitor ${faults.length} nodes`, {
        faults,
      });
    }
  }
}
