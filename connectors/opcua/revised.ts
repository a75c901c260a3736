import type { ClientSubscription } from 'node-opcua-client';

/** What a subscription is asked for. */
export interface SubscriptionRequest {
  readonly publishingIntervalMs: number;
  readonly queueSize: number;
  readonly lifetimeMs: number;
}

/**
 * What the server grants worse than asked, in words; undefined if nothing is. A revised value is the only sign of a
 * server that samples too slowly: it sets no overflow bit for that.
 */
export function worseThanAsked(
  subscription: ClientSubscription,
  request: SubscriptionRequest,
  signalsOf: (nodeId: string) => readonly string[],
): string | undefined {
  const reasons: string[] = [];
  const { publishingInterval, lifetimeCount } = subscription;
  if (publishingInterval > request.publishingIntervalMs) {
    reasons.push(`publishes every ${publishingInterval} ms instead of ${request.publishingIntervalMs}`);
  }
  if (publishingInterval * lifetimeCount < request.lifetimeMs) {
    reasons.push(
      `keeps a silent subscription for ${Math.round((publishingInterval * lifetimeCount) / 1000)} s only`,
    );
  }
  const slow: string[] = [];
  const short: string[] = [];
  for (const { itemToMonitor, result } of Object.values(subscription.monitoredItems)) {
    if (result === undefined) continue;
    const signals = signalsOf(itemToMonitor.nodeId.toString()).join(', ');
    if (result.revisedSamplingInterval > 0)
      slow.push(`${signals} every ${result.revisedSamplingInterval} ms`);
    if (result.revisedQueueSize < request.queueSize) short.push(`${result.revisedQueueSize} of ${signals}`);
  }
  if (slow.length > 0) reasons.push(`samples ${slow.join(', ')} instead of every change`);
  if (short.length > 0) reasons.push(`queues ${short.join(', ')} instead of ${request.queueSize} values`);
  return reasons.length === 0 ? undefined : `the server ${reasons.join('; ')}`;
}
