import type { ClientSession, ClientSidePublishEngine, ClientSubscription } from 'node-opcua-client';

/**
 * The part of the library that owns acknowledgements. On a publish response it queues the acknowledgement, emits
 * `received_notifications` in the same turn, and only then schedules the next PublishRequest (setImmediate), which
 * carries the queue: what a listener does synchronously happens before the acknowledgement is on the wire. (The
 * monitored items' own `changed` events come after a promise, so they promise nothing.)
 */
export type PublishEngine = Pick<
  ClientSidePublishEngine,
  'suspend' | 'acknowledge_notification' | 'cleanup_acknowledgment_for_subscription' | 'hasSubscription'
>;

/** The publish engine of a session. */
export function publishEngineOf(session: ClientSession): PublishEngine {
  // The method is there on every session and the engine's class is exported; only the session's interface leaves it out.
  return (session as unknown as { getPublishEngine(): PublishEngine }).getPublishEngine();
}

/**
 * Makes a reconnect ask for the notification whose number a keep-alive announced. A keep-alive carries the number of
 * the *next* notification (OPC UA Part 4, 5.13.1.1), but the library takes it for received and would ask to repeat only
 * what follows: a notification lost on the wire after a quiet moment would stay lost.
 */
export function rewindAfterKeepAlive(subscription: ClientSubscription, announced: number): void {
  // A public field of the class behind the interface.
  (subscription as unknown as { lastSequenceNumber: number }).lastSequenceNumber = announced - 1;
}
