import { AttributeIds, type ClientSession, type NodeId } from 'node-opcua-client';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import { eventFilter } from './event-filter.ts';
import { firstLook, type NodeLook } from './first-look.ts';
import type { GapLedger } from './gap-ledger.ts';
import type { MonitoredTarget, TargetSignal } from './monitored-target.ts';
import type { OperationLimits } from './operation-limits.ts';
import { planQueues } from './queue-plan.ts';
import { eventTypeKey, type SignalPlan } from './signal-plan.ts';

/** Values a second of a signal that says nothing of its rate: about what people look at. */
const ASSUMED_RATE_HZ = 10;
const EVENT_BYTES = 512;
const BYTES_A_MB = 1_000_000;

interface TargetOptions {
  readonly session: ClientSession;
  readonly source: OpcuaSource;
  readonly plans: readonly SignalPlan[];
  /** Node of each address, by its key. */
  readonly nodes: ReadonlyMap<string, NodeId>;
  readonly namespaces: readonly string[];
  readonly intervalsMs: ReadonlyMap<string, number>;
  readonly limits: OperationLimits;
  readonly ledger: GapLedger;
}

type Unqueued = Omit<MonitoredTarget, 'handle' | 'queueSize' | 'signals'> & {
  readonly signals: TargetSignal[];
};

/** The items to monitor: one a node, index range and group, with a queue that bridges an outage. */
export async function makeTargets(
  options: TargetOptions,
): Promise<{ targets: MonitoredTarget[]; looks: NodeLook[] }> {
  const { session, source, plans, nodes, limits, intervalsMs } = options;
  const values = distinctValues(options);
  const looks = await firstLook(
    session,
    values.map(({ nodeId, indexRange, plan }) => ({
      nodeId,
      ...(indexRange === undefined ? {} : { indexRange }),
      ...(plan.spec.waveform?.length === undefined ? {} : { length: plan.spec.waveform.length }),
    })),
    limits,
  );
  const unqueued: Unqueued[] = values.map(({ plan, nodeId, indexRange, signals }, index) => {
    const look = looks[index];
    return {
      group: plan.track.group,
      nodeId,
      attributeId: AttributeIds.Value,
      signals,
      isStructure: look?.isStructure ?? false,
      rateHz: plan.spec.rateHz ?? ASSUMED_RATE_HZ,
      valueBytes: look?.longLength === undefined ? (look?.valueBytes ?? 0) : EVENT_BYTES,
      ...(indexRange === undefined ? {} : { indexRange }),
      ...(look?.longLength === undefined ? {} : { longLength: look.longLength }),
    };
  });
  for (const plan of plans) {
    if (plan.way !== 'event') continue;
    const nodeId = nodes.get(plan.signal);
    const type = nodes.get(eventTypeKey(plan.signal));
    if (nodeId === undefined || type === undefined) continue;
    unqueued.push({
      group: plan.track.group,
      nodeId,
      attributeId: AttributeIds.EventNotifier,
      eventFilter: eventFilter(type, plan.event.field, options.namespaces),
      signals: [signalOf(plan, options.ledger)],
      isStructure: false,
      rateHz: plan.spec.rateHz ?? ASSUMED_RATE_HZ,
      valueBytes: EVENT_BYTES,
    });
  }
  const queueSizes = planQueues(
    unqueued.map(({ rateHz, valueBytes, group }) => ({
      rateHz,
      valueBytes,
      publishingIntervalMs: intervalsMs.get(group) ?? source.publishingIntervalMs,
    })),
    {
      bridgeSeconds: source.bridgeSeconds,
      memoryBytes: source.queueMemoryMB * BYTES_A_MB,
      ...(source.queueSize === undefined ? {} : { queueSize: source.queueSize }),
    },
  );
  const targets = unqueued.map((target, index) => ({
    ...target,
    handle: index + 1,
    queueSize: queueSizes[index] ?? 2,
  }));
  return { targets, looks };
}

interface DistinctValue {
  readonly plan: SignalPlan;
  readonly nodeId: NodeId;
  readonly indexRange: string | undefined;
  readonly signals: TargetSignal[];
}

/** Two signals of one node, such as two fields of a structure, share an item. */
function distinctValues({ plans, nodes, ledger }: TargetOptions): DistinctValue[] {
  const values = new Map<string, DistinctValue>();
  for (const plan of plans) {
    const nodeId = nodes.get(plan.signal);
    if (plan.way !== 'subscribe' || nodeId === undefined) continue;
    const { indexRange } = plan.spec;
    const key = JSON.stringify([nodeId.toString(), indexRange, plan.track.group]);
    const value = values.get(key) ?? { plan, nodeId, indexRange, signals: [] };
    value.signals.push(signalOf(plan, ledger));
    values.set(key, value);
  }
  return [...values.values()];
}

/** The ledger's track of a signal with what makes its values. */
export function signalOf({ signal, conversion }: SignalPlan, ledger: GapLedger): TargetSignal {
  return { track: ledger.track(signal), ...(conversion === undefined ? {} : { conversion }) };
}
