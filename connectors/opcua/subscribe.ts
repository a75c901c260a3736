import {
  AttributeIds,
  type CreateMonitoredItemsResponse,
  DataChangeFilter,
  DataChangeTrigger,
  DeadbandType,
  MonitoringMode,
  type TimestampsToReturn,
} from 'node-opcua-client';
import { CodedError, type Fault } from '../../runtime/errors.ts';
import type { RawSession } from './guarded-session.ts';
import { type GrantedItem, type MonitoredTarget, signalNames } from './monitored-target.ts';
import { partsOf } from './operation-limits.ts';
import type { PublishGroup } from './publish-groups.ts';
import type { GrantedSubscription } from './subscription-feed.ts';

const KEEP_ALIVE_MS = 1_500;
/** For how long a subscription stays without us; its queues end earlier. */
export const LIFETIME_MS = 600_000;

const EVERY_TIMESTAMP = new DataChangeFilter({
  trigger: DataChangeTrigger.StatusValueTimestamp,
  deadbandType: DeadbandType.None,
});
const FILTER_REFUSED = /Filter/;

/** Makes a subscription without items yet, so that a listener is there before the first value. */
export async function createSubscription(
  session: RawSession,
  { intervalMs: publishingIntervalMs, maxNotifications }: PublishGroup,
): Promise<GrantedSubscription> {
  const keepAliveCount = Math.max(3, Math.ceil(KEEP_ALIVE_MS / publishingIntervalMs));
  const response = await session.createSubscription({
    requestedPublishingInterval: publishingIntervalMs,
    requestedMaxKeepAliveCount: keepAliveCount,
    // A lifetime is at least three keep-alives (OPC UA Part 4, 5.13.2.2).
    requestedLifetimeCount: Math.max(3 * keepAliveCount, Math.ceil(LIFETIME_MS / publishingIntervalMs)),
    maxNotificationsPerPublish: maxNotifications,
    publishingEnabled: true,
    priority: 1,
  });
  return {
    subscriptionId: response.subscriptionId,
    publishingInterval: response.revisedPublishingInterval,
    lifetimeCount: response.revisedLifetimeCount,
    maxKeepAliveCount: response.revisedMaxKeepAliveCount,
  };
}

/**
 * Monitors every change of value, status or timestamp: no sampling interval, no deadband, repeated equal values
 * included. Where a server refuses that filter, every change of status or value.
 * @throws CodedError `E_OPCUA_NODE` with all items that the server refuses.
 */
export async function createItems(
  session: RawSession,
  subscriptionId: number,
  targets: readonly MonitoredTarget[],
  { itemsPerCall, timestamps }: { itemsPerCall: number; timestamps: TimestampsToReturn },
): Promise<GrantedItem[]> {
  const granted: GrantedItem[] = [];
  const faults: Fault[] = [];
  const ask = async (part: readonly MonitoredTarget[], filtered: boolean): Promise<void> => {
    const again: MonitoredTarget[] = [];
    const { results } = await create(session, subscriptionId, part, timestamps, filtered);
    part.forEach((target, index) => {
      const result = results?.[index];
      if (result?.statusCode.isGood() === true) {
        granted.push({
          target,
          samplingMs: result.revisedSamplingInterval,
          queueSize: result.revisedQueueSize,
          everyTimestamp: filtered,
        });
      } else if (filtered && FILTER_REFUSED.test(result?.statusCode.name ?? '') && !isEvent(target)) {
        again.push(target);
      } else {
        faults.push({
          path: signalNames(target),
          message: `${target.nodeId} cannot be monitored: ${result?.statusCode.name ?? 'no answer'}`,
        });
      }
    });
    if (again.length > 0) await ask(again, false);
  };
  for (const part of partsOf(targets, itemsPerCall)) await ask(part, true);
  if (faults.length > 0) {
    throw new CodedError('E_OPCUA_NODE', `the server refuses to monitor ${faults.length} nodes`, { faults });
  }
  return granted;
}

function create(
  session: RawSession,
  subscriptionId: number,
  targets: readonly MonitoredTarget[],
  timestampsToReturn: TimestampsToReturn,
  filtered: boolean,
): Promise<CreateMonitoredItemsResponse> {
  return session.createMonitoredItems({
    subscriptionId,
    timestampsToReturn,
    itemsToCreate: targets.map((target) => {
      const filter = target.eventFilter ?? (filtered ? EVERY_TIMESTAMP : undefined);
      return {
        itemToMonitor: {
          nodeId: target.nodeId,
          attributeId: target.attributeId,
          ...indexRangeOf(target),
        },
        monitoringMode: MonitoringMode.Reporting,
        requestedParameters: {
          clientHandle: target.handle,
          samplingInterval: 0,
          queueSize: target.queueSize,
          discardOldest: true,
          ...(filter === undefined ? {} : { filter }),
        },
      };
    }),
  });
}

function isEvent({ attributeId }: MonitoredTarget): boolean {
  return attributeId === AttributeIds.EventNotifier;
}

/** The library takes an index range in its text form too, which its types leave out. */
function indexRangeOf({ indexRange, longLength }: MonitoredTarget): object {
  const range = indexRange ?? (longLength === undefined ? undefined : '0');
  return range === undefined ? {} : { indexRange: range };
}
