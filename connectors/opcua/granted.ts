import type { OpcuaSource } from '../../openapi/schemas.ts';
import { type GrantedItem, signalNames } from './monitored-target.ts';
import { bridgeSeconds } from './queue-plan.ts';
import { LIFETIME_MS } from './subscribe.ts';

/** What a subscription was asked for and got. */
export interface GrantedFeed {
  readonly group: string;
  readonly askedIntervalMs: number;
  readonly publishingInterval: number;
  readonly lifetimeCount: number;
}

/** What the server grants, against what was asked. */
export interface Granted {
  /** Why the machine counts as degraded, in words. */
  readonly reasons: readonly string[];
  /** What else is less than asked, for the record. */
  readonly remarks: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
  readonly revisedItems: number;
}

/** Names that a reason lists before it only counts. */
const LISTED = 5;

/**
 * Compares what was granted with what was asked. A revised value is the only sign of a server that samples too slowly:
 * it sets no overflow bit for that.
 */
export function compareGranted(
  feeds: readonly GrantedFeed[],
  items: readonly GrantedItem[],
  { minimumBridgeSeconds, bridgeSeconds: wanted }: OpcuaSource,
): Granted {
  const reasons: string[] = [];
  const remarks: string[] = [];
  for (const { group, askedIntervalMs, publishingInterval, lifetimeCount } of feeds) {
    const of = group === '' ? '' : ` group ${group}`;
    if (publishingInterval > askedIntervalMs) {
      reasons.push(`publishes${of} every ${publishingInterval} ms instead of ${askedIntervalMs}`);
    }
    const lifetimeSeconds = Math.round((publishingInterval * lifetimeCount) / 1_000);
    if (publishingInterval * lifetimeCount < LIFETIME_MS) {
      const text = `keeps a silent subscription${of} for ${lifetimeSeconds} s only`;
      (lifetimeSeconds < wanted ? reasons : remarks).push(text);
    }
  }
  const queued = items.filter(({ target }) => target.longLength === undefined);
  const slow = queued.filter(samplesTooSlowly);
  if (slow.length > 0) {
    reasons.push(
      `samples ${listed(slow, (item) => `${signalNames(item.target)} every ${item.samplingMs} ms`)} instead of every change`,
    );
  }
  const unfiltered = queued.filter((item) => !item.everyTimestamp);
  if (unfiltered.length > 0) {
    reasons.push(
      `notifies ${listed(unfiltered, ({ target }) => signalNames(target))} only when value or status change`,
    );
  }
  const bridged = bridgeSeconds(queued.map(({ queueSize, target: { rateHz } }) => ({ queueSize, rateHz })));
  if (bridged < minimumBridgeSeconds) {
    reasons.push(`queues enough for ${bridged.toFixed(1)} s only, less than ${minimumBridgeSeconds} s`);
  }
  const short = queued.filter(({ queueSize, target }) => queueSize < target.queueSize);
  if (short.length > 0) {
    remarks.push(
      `queues ${listed(short, (item) => `${item.queueSize} of ${signalNames(item.target)} instead of ${item.target.queueSize}`)}`,
    );
  }
  return {
    reasons: reasons.map((reason) => `the server ${reason}`),
    remarks: remarks.map((remark) => `the server ${remark}`),
    revisedItems: new Set([...slow, ...unfiltered, ...short]).size,
    figures: Number.isFinite(bridged) ? { bridgeSeconds: Math.round(bridged * 10) / 10 } : {},
  };
}

/** A revised interval is a hint: some servers name one and notify every change all the same. */
function samplesTooSlowly({ samplingMs, target }: GrantedItem): boolean {
  if (samplingMs <= 0) return false;
  const [first] = target.signals;
  const { periodMs } = first?.track.plan ?? {};
  return periodMs === undefined || samplingMs > periodMs;
}

function listed<Item>(items: readonly Item[], text: (item: Item) => string): string {
  const more = items.length > LISTED ? ` and ${items.length - LISTED} more` : '';
  return `${items.slice(0, LISTED).map(text).join(', ')}${more}`;
}
