/** What a monitored item's queue on the server is for. */
export interface QueueNeed {
  /** Values a second that are expected. */
  readonly rateHz: number;
  /** Memory of one value on the server. */
  readonly valueBytes: number;
  readonly publishingIntervalMs: number;
}

interface QueueWish {
  readonly bridgeSeconds: number;
  readonly memoryBytes: number;
  /** Of every item, whatever `bridgeSeconds` says. */
  readonly queueSize?: number;
}

/** What a queued value takes on the server besides its payload: status, timestamps, links. */
export const VALUE_OVERHEAD_BYTES = 64;
/** A cut of `bridgeSeconds` is over for us only when the connection is there again and has been noticed to be. */
const RECONNECT_SECONDS = 10;
/** Publishing intervals that a queue holds at least: less would overflow in normal operation. */
const LEAST_INTERVALS = 3;
const LEAST_VALUES = 2;

/**
 * How many values each item is to queue on the server: as many as come in the outage to be bridged, or in the longest
 * outage for which all of them fit into the memory.
 */
export function planQueues(needs: readonly QueueNeed[], wish: QueueWish): number[] {
  const { queueSize, bridgeSeconds, memoryBytes } = wish;
  if (queueSize !== undefined) return needs.map(() => queueSize);
  const bytesASecond = needs.reduce((sum, { rateHz, valueBytes }) => sum + rateHz * valueBytes, 0);
  const seconds = Math.min(bridgeSeconds + RECONNECT_SECONDS, memoryBytes / Math.max(1, bytesASecond));
  return needs.map(({ rateHz, publishingIntervalMs }) => {
    const least = Math.ceil((rateHz * LEAST_INTERVALS * publishingIntervalMs) / 1_000);
    return Math.max(LEAST_VALUES, least, Math.ceil(rateHz * seconds));
  });
}

/** The longest outage, in seconds, that queues of these sizes bridge at these rates (Infinity without any). */
export function bridgeSeconds(items: readonly { queueSize: number; rateHz: number }[]): number {
  // Of a queue of one value every second value is lost at least now and then: it bridges nothing.
  return items.reduce(
    (least, { queueSize, rateHz }) => Math.min(least, queueSize < LEAST_VALUES ? 0 : queueSize / rateHz),
    Number.POSITIVE_INFINITY,
  );
}
