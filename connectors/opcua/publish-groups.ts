import type { MonitoredTarget } from './monitored-target.ts';
import { VALUE_OVERHEAD_BYTES } from './queue-plan.ts';

/** Some servers refuse to send messages of 2 MB, and say so of a Republish without end. */
const MESSAGE_BYTES = 1_000_000;
/** Of a notified value besides its payload: handle, type, status, timestamps. */
const NOTIFIED_BYTES = 32;
/** From then on a value counts as large. */
const LARGE_BYTES = 1_024;

/** What a group's subscription is asked for. */
export interface PublishGroup {
  readonly intervalMs: number;
  /** Notifications that a message may have; 0 for any number. */
  readonly maxNotifications: number;
}

/** Monitored items by subscription. */
export interface PublishPlan {
  readonly targets: readonly MonitoredTarget[];
  readonly groups: ReadonlyMap<string, PublishGroup>;
}

/**
 * Bounds the messages of each subscription, whatever of its queues a server puts into one: as many notifications as fit
 * if all of them have the largest value. Where large values share a group with small ones they get a subscription of
 * their own, for their bound would cut thousands of small ones into as many messages as if they were large, too.
 */
export function planPublishing(
  targets: readonly MonitoredTarget[],
  intervalsMs: ReadonlyMap<string, number>,
): PublishPlan {
  const groups = new Map<string, PublishGroup>();
  const planned: MonitoredTarget[] = [];
  const add = (group: string, intervalMs: number, items: readonly MonitoredTarget[]) => {
    groups.set(group, { intervalMs, maxNotifications: mostNotifications(items) });
    planned.push(...items.map((target) => (target.group === group ? target : { ...target, group })));
  };
  for (const [group, intervalMs] of intervalsMs) {
    const items = targets.filter((target) => target.group === group);
    const large = items.filter((target) => messageBytes(target) > LARGE_BYTES);
    const splits = queuedBytes(items) > MESSAGE_BYTES && large.length > 0 && large.length < items.length;
    add(group, intervalMs, splits ? items.filter((target) => !large.includes(target)) : items);
    if (splits) add(group === '' ? 'of large values' : `${group} of large values`, intervalMs, large);
  }
  // Handles are places in the list.
  return { targets: planned.sort((a, b) => a.handle - b.handle), groups };
}

function mostNotifications(items: readonly MonitoredTarget[]): number {
  if (queuedBytes(items) <= MESSAGE_BYTES) return 0;
  const largest = items.reduce((most, target) => Math.max(most, messageBytes(target)), 1);
  return Math.max(1, Math.floor(MESSAGE_BYTES / largest));
}

function queuedBytes(items: readonly MonitoredTarget[]): number {
  return items.reduce((sum, target) => sum + target.queueSize * messageBytes(target), 0);
}

function messageBytes({ valueBytes }: MonitoredTarget): number {
  return Math.max(0, valueBytes - VALUE_OVERHEAD_BYTES) + NOTIFIED_BYTES;
}
