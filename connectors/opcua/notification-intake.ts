import {
  DataChangeNotification,
  type DataValue,
  type NotificationMessage,
  StatusChangeNotification,
} from 'node-opcua-client';
import { toCodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Sample } from '../connector.ts';
import type { Delivery } from './delivery.ts';
import type { GapLedger } from './gap-ledger.ts';
import type { OpcuaMetrics } from './metrics.ts';
import { following, NotificationOrder } from './notification-order.ts';
import { askForCycle, type PublishEngine, withdrawAcknowledgement } from './publish-engine.ts';
import type { NotificationReader } from './read-notification.ts';
import type { SubscriptionFeed } from './subscription-feed.ts';

/** Attempts to get a missing notification while the connection is away. */
const ATTEMPTS = 20;
const ATTEMPT_INTERVAL_MS = 500;

interface IntakeOptions {
  readonly engine: PublishEngine;
  readonly reader: NotificationReader;
  readonly ledger: GapLedger;
  readonly delivery: Delivery;
  readonly metrics: OpcuaMetrics;
  readonly log: Log;
  /** Makes objects of structures that the library could not read at once; undefined where there are none. */
  readonly promote?: (values: DataValue[]) => Promise<void>;
  /**
   * Asks for a notification again.
   * @returns undefined if the server does not have it. @throws Error for what may pass
   */
  readonly republish: (
    subscriptionId: number,
    sequenceNumber: number,
  ) => Promise<NotificationMessage | undefined>;
  /** Samples were handed over. */
  readonly delivered: (samples: readonly Sample[]) => void;
  /** Any message came, a keep-alive included. */
  readonly heard: (feed: SubscriptionFeed) => void;
  /** We ask for no more notifications, or ask again. */
  readonly paused: (paused: boolean) => void;
  /** Notifications of a group never arrived. */
  readonly lost: (group: string) => void;
  /** The link is of no further use. */
  readonly failed: (reason: string) => void;
}

interface Received {
  readonly message: NotificationMessage;
  /** Whether the server had no more to say in its publishing cycle. */
  readonly isLast: boolean;
}

interface Stream {
  readonly order: NotificationOrder<Received>;
  repairing: boolean;
  /** Messages of a publishing cycle that has not ended. */
  inCycle: number;
}

/**
 * Takes the messages of a session's subscriptions, in the order of their numbers and before their acknowledgement leaves:
 * see publish-engine.ts for how.
 */
export class NotificationIntake {
  readonly #options: IntakeOptions;
  readonly #streams = new Map<number, Stream>();
  /** Where structures are to be made into objects, messages wait for those before them. */
  #promoting: Promise<void> = Promise.resolve();
  #closed = false;
  /** Messages of the publishing cycles of all subscriptions that have not ended. */
  #inCycles = 0;
  /** Whether the server has more to say than is in the message that comes next. */
  moreNotifications = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** From now on nothing is taken and nothing acknowledged. */
  close(): void {
    this.#closed = true;
  }

  /** A subscription goes on in this session after the notification of this number. */
  continueFrom(subscriptionId: number, lastSequenceNumber: number): void {
    const order = new NotificationOrder<Received>(following(lastSequenceNumber));
    this.#streams.set(subscriptionId, { order, repairing: false, inCycle: 0 });
  }

  take(message: NotificationMessage, feed: SubscriptionFeed): void {
    if (this.#closed) return;
    const { engine, heard } = this.#options;
    const { subscriptionId } = feed;
    const { sequenceNumber, notificationData } = message;
    const isLast = !this.moreNotifications;
    heard(feed);
    const stream = this.#streamOf(subscriptionId);
    this.#countInCycle(stream, isLast);
    if ((notificationData ?? []).length === 0) stream.order.announce(sequenceNumber);
    else if (!stream.order.isRepeated(sequenceNumber)) {
      const inOrder = stream.order.take(sequenceNumber, { message, isLast });
      // What waits for those before it is acknowledged when it is taken.
      if (inOrder.length === 0) withdrawAcknowledgement(engine, subscriptionId, sequenceNumber);
      this.#takeAll(inOrder, feed, message);
    }
    feed.lastSequenceNumber = stream.order.last;
    if (stream.order.missing !== undefined && !stream.repairing) void this.#repair(stream, feed);
  }

  #countInCycle(stream: Stream, isLast: boolean): void {
    this.#inCycles += isLast ? -stream.inCycle : 1;
    stream.inCycle = isLast ? 0 : stream.inCycle + 1;
    if (!isLast) askForCycle(this.#options.engine, this.#inCycles);
  }

  #streamOf(subscriptionId: number): Stream {
    let stream = this.#streams.get(subscriptionId);
    if (stream === undefined) {
      stream = { order: new NotificationOrder(), repairing: false, inCycle: 0 };
      this.#streams.set(subscriptionId, stream);
    }
    return stream;
  }

  /** Gets the missing notifications, and gives up those that the server no longer has. */
  async #repair(stream: Stream, feed: SubscriptionFeed): Promise<void> {
    const { log, lost } = this.#options;
    const { order } = stream;
    const { subscriptionId, group } = feed;
    stream.repairing = true;
    for (let missing = order.missing; missing !== undefined; missing = order.missing) {
      const message = await this.#fetch(subscriptionId, missing);
      if (this.#closed) return;
      if (order.missing !== missing) continue;
      if (message === undefined) {
        log.warn({ event: 'opcua.notification.lost', sequenceNumber: missing, group }, 'it never arrived');
        lost(group);
        this.#takeAll(order.skip(), feed);
      } else {
        this.#takeAll(order.take(missing, { message, isLast: true }), feed);
      }
      feed.lastSequenceNumber = order.last;
    }
    stream.repairing = false;
  }

  async #fetch(subscriptionId: number, sequenceNumber: number): Promise<NotificationMessage | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS && !this.#closed; attempt += 1) {
      try {
        return await this.#options.republish(subscriptionId, sequenceNumber);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, ATTEMPT_INTERVAL_MS));
      }
    }
    return undefined;
  }

  /** @param fresh the one whose acknowledgement waits already. */
  #takeAll(received: readonly Received[], feed: SubscriptionFeed, fresh?: NotificationMessage): void {
    const { engine, promote, failed, log } = this.#options;
    const { subscriptionId } = feed;
    for (const { message, isLast } of received) {
      if (message !== fresh) engine.acknowledge_notification(subscriptionId, message.sequenceNumber);
      try {
        if (promote === undefined) this.#deliver(message, feed, isLast);
        else this.#deliverPromoted(message, feed, isLast, promote);
      } catch (thrown) {
        // The library swallows what its callee throws, and the acknowledgement would go out.
        withdrawAcknowledgement(engine, subscriptionId, message.sequenceNumber);
        const error = toCodedError(thrown);
        log.error({ event: 'opcua.notification.failed', code: error.code }, error.message);
        failed(`a notification could not be read: ${error.message}`);
        return;
      }
    }
  }

  #deliver(message: NotificationMessage, feed: SubscriptionFeed, isLast: boolean): void {
    const { engine, reader, ledger, delivery, paused, metrics, delivered } = this.#options;
    const { subscriptionId, group } = feed;
    const { sequenceNumber } = message;
    this.#checkStatus(message);
    const samples = reader.read(message, group, isLast);
    metrics.received += samples.length;
    delivery.deliver({
      samples,
      gaps: ledger.takeRows(),
      hold: () => {
        withdrawAcknowledgement(engine, subscriptionId, sequenceNumber);
        engine.suspend(true);
        paused(true);
      },
      release: () => {
        paused(false);
        if (this.#closed || !engine.hasSubscription(subscriptionId)) return;
        engine.acknowledge_notification(subscriptionId, sequenceNumber);
        engine.suspend(false);
      },
    });
    delivered(samples);
  }

  #deliverPromoted(
    message: NotificationMessage,
    feed: SubscriptionFeed,
    isLast: boolean,
    promote: (values: DataValue[]) => Promise<void>,
  ): void {
    const { engine, failed } = this.#options;
    const { sequenceNumber } = message;
    const { subscriptionId } = feed;
    withdrawAcknowledgement(engine, subscriptionId, sequenceNumber);
    this.#promoting = this.#promoting
      .then(async () => {
        await promote(valuesOf(message));
        if (this.#closed) return;
        engine.acknowledge_notification(subscriptionId, sequenceNumber);
        this.#deliver(message, feed, isLast);
      })
      .catch((thrown: unknown) => {
        withdrawAcknowledgement(engine, subscriptionId, sequenceNumber);
        failed(`a notification could not be read: ${toCodedError(thrown).message}`);
      });
  }

  #checkStatus({ notificationData }: NotificationMessage): void {
    for (const data of notificationData ?? []) {
      if (!(data instanceof StatusChangeNotification)) continue;
      // Said to the old session when the new one has it.
      if (data.status.name === 'GoodSubscriptionTransferred') continue;
      this.#options.failed(`the subscription ended: ${data.status.name}`);
    }
  }
}

function valuesOf({ notificationData }: NotificationMessage): DataValue[] {
  return (notificationData ?? []).flatMap((data) =>
    data instanceof DataChangeNotification ? (data.monitoredItems ?? []).map(({ value }) => value) : [],
  );
}
