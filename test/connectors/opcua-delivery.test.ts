import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { AttributeIds, NodeId } from 'node-opcua-client';
import type { Gap, Receiver, Sample } from '../../connectors/connector.ts';
import '../../connectors/opcua/library-log.ts';
import { Delivery } from '../../connectors/opcua/delivery.ts';
import type { MonitoredTarget } from '../../connectors/opcua/monitored-target.ts';
import { planPublishing } from '../../connectors/opcua/publish-groups.ts';
import { readStore } from '../../connectors/store/read-store.ts';
import { SampleStoreWriter } from '../../connectors/store/sample-store-writer.ts';
import { CodedError } from '../../runtime/errors.ts';
import { silentLog } from '../../runtime/log.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingReceiver } from '../support/recording-receiver.ts';

const ROW: Gap = { id: 'a', signal: 'load', fromMs: 1, toMs: 4, cause: 'connection-lost', filled: true };
const SAMPLES: readonly Sample[] = [2, 3].map((atMs) => ({
  signal: 'load',
  value: atMs,
  sourceTimestampMs: atMs,
  quality: 'good',
}));

function deliver(delivery: Delivery): void {
  delivery.deliver({ samples: SAMPLES, gaps: [ROW], hold: () => undefined, release: () => undefined });
}

describe('samples that fill a gap', () => {
  it('stand in one write with the row that says so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fedshell-delivery-'));
    const store = await SampleStoreWriter.open(folder, { log: silentLog });
    const receiver: Receiver = store;
    const delivery = new Delivery(receiver, silentLog, () => undefined);

    deliver(delivery);
    delivery.close();
    await store.close();

    const batches: { gaps: readonly Gap[]; samples: readonly Sample[] }[] = [];
    for await (const batch of readStore(folder)) batches.push(batch);
    rmSync(folder, { recursive: true });
    expect(batches).toHaveLength(1);
    expect(batches[0]).toMatchObject({ gaps: [{ id: 'a', filled: true }], samples: SAMPLES });
  });

  it('leave it unfilled as long as they are not taken', async () => {
    const receiver = new RecordingReceiver();
    receiver.refuse = new CodedError('E_DISK_FULL', 'the disk is full');
    const delivery = new Delivery(receiver, silentLog, () => undefined);

    deliver(delivery);

    expect(receiver.rows).toMatchObject([{ filled: false }]);
    receiver.refuse = undefined;
    await eventually(() => receiver.batches.length === 1, { what: 'the samples' });
    expect(receiver.rows).toMatchObject([{ filled: true }]);
    delivery.close();
  });
});

describe('the plan of publishing', () => {
  const target = (handle: number, valueBytes: number, queueSize: number, group = ''): MonitoredTarget => ({
    handle,
    group,
    nodeId: NodeId.nullNodeId,
    attributeId: AttributeIds.Value,
    isStructure: false,
    signals: [],
    rateHz: 10,
    valueBytes,
    queueSize,
  });
  const SCALAR_BYTES = 72;
  const WAVE_BYTES = 64 + 4 * 4_096;

  it('leaves small queues as they are', () => {
    const targets = [target(1, SCALAR_BYTES, 400), target(2, WAVE_BYTES, 20)];
    expect(planPublishing(targets, new Map([['', 100]]))).toEqual({
      targets,
      groups: new Map([['', { intervalMs: 100, maxNotifications: 0 }]]),
    });
  });

  it('gives large values a subscription of their own where their bound would slow small ones down', () => {
    const targets = [target(1, WAVE_BYTES, 400), target(2, SCALAR_BYTES, 400)];
    const plan = planPublishing(targets, new Map([['', 100]]));
    expect([...plan.groups]).toEqual([
      ['', { intervalMs: 100, maxNotifications: 0 }],
      ['of large values', { intervalMs: 100, maxNotifications: 60 }],
    ]);
    expect(plan.targets.map(({ handle, group }) => [handle, group])).toEqual([
      [1, 'of large values'],
      [2, ''],
    ]);
  });

  it('keeps every message below 1 MB, or at one value, whatever of the queues is in it', () => {
    const item = fc.tuple(fc.integer({ min: 65, max: 3_000_000 }), fc.integer({ min: 2, max: 100_000 }));
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 12 }), (items) => {
        const targets = items.map(([bytes, size], index) => target(index + 1, bytes, size));
        const plan = planPublishing(targets, new Map([['', 100]]));
        expect(plan.targets.map(({ handle }) => handle)).toEqual(targets.map(({ handle }) => handle));
        for (const [group, { maxNotifications }] of plan.groups) {
          const queued = plan.targets
            .filter((each) => each.group === group)
            .flatMap(({ valueBytes, queueSize }) => ({ bytes: valueBytes - 64, queueSize }))
            .sort((a, b) => b.bytes - a.bytes);
          let left = maxNotifications === 0 ? Number.POSITIVE_INFINITY : maxNotifications;
          let total = 0;
          for (const { bytes, queueSize } of queued) {
            total += bytes * Math.min(left, queueSize);
            left -= Math.min(left, queueSize);
          }
          expect(total).toBeLessThanOrEqual(maxNotifications === 1 ? (queued[0]?.bytes ?? 0) : 1_000_000);
        }
      }),
    );
  });
});
