import type { ClientSidePublishEngine } from 'node-opcua-client';

/**
 * The part of the library that owns acknowledgements. On a publish response it queues the acknowledgement, hands the
 * notification over in the same turn, and only then schedules the next PublishRequest (setImmediate), which carries the
 * queue: what is done synchronously happens before the acknowledgement is on the wire.
 */
export type PublishEngine = Pick<
  ClientSidePublishEngine,
  'suspend' | 'acknowledge_notification' | 'hasSubscription'
>;

/** Requests that wait at the server beyond those that one publishing cycle takes. */
const SPARE_REQUESTS = 5;
/** A server that allows fewer says so, and the library asks for no more than that from then on. */
const MOST_REQUESTS = 64;

/**
 * Asks for one more notification if the requests that wait at the server are too few for a publishing cycle. A server
 * sends a part of what it has with each (1,000 values, often): with too few of them it waits for our answers in every
 * cycle, and on a busy machine its queues overflow meanwhile.
 * @param messagesInCycle that came so far in a cycle that has not ended.
 */
export function askForCycle(engine: PublishEngine, messagesInCycle: number): void {
  // Members of the class that its types hide.
  const { nbPendingPublishRequests: pending } = engine as unknown as { nbPendingPublishRequests: number };
  if (pending >= Math.min(MOST_REQUESTS, messagesInCycle + SPARE_REQUESTS)) return;
  (engine as unknown as { send_publish_request(): void }).send_publish_request();
}

/** Takes an acknowledgement that has not left yet out of the queue. */
export function withdrawAcknowledgement(
  engine: PublishEngine,
  subscriptionId: number,
  sequenceNumber: number,
): void {
  // A field of the class that its types hide.
  const queue = engine as unknown as {
    subscriptionAcknowledgements: { subscriptionId: number; sequenceNumber: number }[];
  };
  queue.subscriptionAcknowledgements = queue.subscriptionAcknowledgements.filter(
    (waiting) => waiting.subscriptionId !== subscriptionId || waiting.sequenceNumber !== sequenceNumber,
  );
}
