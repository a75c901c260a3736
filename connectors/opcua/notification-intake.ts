import type { ClientSession, ClientSubscription, NotificationMessage } from 'node-opcua-client';
import { toCodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Delivery } from './delivery.ts';
import type { GapLedger } from './gap-ledger.ts';
import { NotificationSequence } from './notification-sequence.ts';
import { type PublishEngine, publishEngineOf, rewindAfterKeepAlive } from './publish-engine.ts';
import type { NotificationReader } from './read-notification.ts';

interface IntakeOptions {
  readonly session: ClientSession;
  readonly subscription: ClientSubscription;
  readonly reader: NotificationReader;
  readonly ledger: GapLedger;
  readonly delivery: Delivery;
  readonly log: Log;
  /** We ask for no more notifications, or ask again. */
  readonly paused: (paused: boolean) => void;
  /** A message could not be read. */
  readonly failed: (reason: string) => void;
}

/** Takes the messages of a subscription, each in the turn in which it arrived: see publish-engine.ts for why. */
export class NotificationIntake {
  readonly #options: IntakeOptions;
  readonly #engine: PublishEngine;
  readonly #sequence = new NotificationSequence();
  #closed = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#engine = publishEngineOf(options.session);
  }

  /** From now on nothing is taken and nothing acknowledged. */
  close(): void {
    this.#closed = true;
  }

  take(message: NotificationMessage): void {
    if (this.#closed) return;
    const { subscription, failed, log } = this.#options;
    try {
      this.#deliver(message);
    } catch (thrown) {
      // The library swallows what a listener throws, and the acknowledgement would go out.
      this.#engine.cleanup_acknowledgment_for_subscription(subscription.subscriptionId);
      const error = toCodedError(thrown);
      log.error({ event: 'opcua.notification.failed', code: error.code }, error.message);
      failed(`a notification could not be read: ${error.message}`);
    }
  }

  #deliver(message: NotificationMessage): void {
    const { subscription, reader, ledger, delivery, log, paused } = this.#options;
    const { subscriptionId } = subscription;
    const { sequenceNumber } = message;
    const isKeepAlive = (message.notificationData ?? []).length === 0;
    if (isKeepAlive) rewindAfterKeepAlive(subscription, sequenceNumber);
    if (this.#sequence.next(subscriptionId, sequenceNumber, isKeepAlive)) {
      log.warn({ event: 'opcua.notification.lost', sequenceNumber }, 'notifications never arrived');
      ledger.interrupted('connection-lost');
    }
    if (isKeepAlive) return;
    delivery.deliver({
      ...reader.read(message, subscription),
      hold: () => {
        this.#engine.cleanup_acknowledgment_for_subscription(subscriptionId);
        this.#engine.suspend(true);
        paused(true);
      },
      release: () => {
        paused(false);
        if (this.#closed || !this.#engine.hasSubscription(subscriptionId)) return;
        this.#engine.acknowledge_notification(subscriptionId, sequenceNumber);
        this.#engine.suspend(false);
      },
    });
  }
}
