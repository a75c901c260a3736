import type { ClientSidePublishEngine, NotificationMessage } from 'node-opcua-client';

/** What the server granted a subscription. */
export interface GrantedSubscription {
  readonly subscriptionId: number;
  readonly publishingInterval: number;
  readonly lifetimeCount: number;
  readonly maxKeepAliveCount: number;
}

/**
 * A subscription as the library's publish engine needs it: it hands over each notification message, in the turn in which
 * it arrived, and does nothing for each of its values. The library's own class emits an event for every value, long
 * after the acknowledgement, which costs more than all the rest of the way to the disk.
 */
export class SubscriptionFeed {
  readonly group: string;
  readonly subscriptionId: number;
  readonly publishingInterval: number;
  readonly lifetimeCount: number;
  readonly maxKeepAliveCount: number;
  /** By which the engine's publish requests time out. */
  readonly timeoutHint: number;
  /** The library recreates the items it finds here; there is nothing for it to recreate. */
  readonly monitoredItems = {};
  readonly hasSession = true;
  /** The number after which a reconnect asks for what was lost on the wire: of the last notification, not a keep-alive. */
  lastSequenceNumber = 0;
  #take: (message: NotificationMessage, feed: SubscriptionFeed) => void;
  #engine: ClientSidePublishEngine | undefined;

  constructor(
    group: string,
    granted: GrantedSubscription,
    take: (message: NotificationMessage, feed: SubscriptionFeed) => void,
  ) {
    this.group = group;
    this.subscriptionId = granted.subscriptionId;
    this.publishingInterval = granted.publishingInterval;
    this.lifetimeCount = granted.lifetimeCount;
    this.maxKeepAliveCount = granted.maxKeepAliveCount;
    const keepAliveMs = this.keepAliveMs + 10 * granted.publishingInterval;
    this.timeoutHint = Math.min(2 * keepAliveMs, 0x7ffff);
    this.#take = take;
  }

  /** The longest that the server stays silent while it has nothing to say. */
  get keepAliveMs(): number {
    return this.maxKeepAliveCount * this.publishingInterval;
  }

  get publishEngine(): ClientSidePublishEngine | undefined {
    return this.#engine;
  }

  get session(): ClientSidePublishEngine['session'] | undefined {
    return this.#engine?.session;
  }

  /** Another link takes it over, with the numbers where they are. */
  inheritedBy(take: (message: NotificationMessage, feed: SubscriptionFeed) => void): void {
    this.#take = take;
    this.#engine = undefined;
  }

  /** From now on the engine asks for this subscription's notifications. */
  register(engine: ClientSidePublishEngine): void {
    this.#engine = engine;
    // The engine uses the members above, and nothing else of a ClientSubscription.
    engine.registerSubscription(this as unknown as Parameters<typeof engine.registerSubscription>[0]);
  }

  unregister(): void {
    if (this.#engine?.hasSubscription(this.subscriptionId) === true) {
      this.#engine.unregisterSubscription(this.subscriptionId);
    }
  }

  /** Called by the publish engine, and for each notification that the server sends again. */
  onNotificationMessage(message: NotificationMessage): void {
    this.#take(message, this);
  }
}
