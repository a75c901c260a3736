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
