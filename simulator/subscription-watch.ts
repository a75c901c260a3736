import { type MonitoredItem, MonitoringMode, type Subscription } from 'node-opcua';

/** Sent messages that may wait for their acknowledgement; node-opcua forgets them from 100 on. */
const UNACKNOWLEDGED_MESSAGES = 32;

/**
 * Knows which writes a subscription's client has acknowledged. Each write has a stamp; when a message leaves and
 * nothing waits behind it, every stamp so far is in messages up to that one, and is acknowledged with them.
 */
export class SubscriptionWatch {
  readonly #subscription: Subscription;
  readonly #marks: { readonly sequence: number; readonly stamp: number }[] = [];
  #stamp = 0;
  #acknowledged = 0;

  constructor(subscription: Subscription) {
    this.#subscription = subscription;
    // Emitted when a message is composed; it gets its sequence number right afterwards.
    subscription.on('notification', () => {
      if (subscription.hasPendingNotifications || subscription.hasUncollectedMonitoredItemNotifications)
        return;
      this.#marks.push({ sequence: subscription.futureSequenceNumber, stamp: this.#stamp });
    });
  }

  get subscriptionId(): number {
    return this.#subscription.subscriptionId;
  }

  /** The stamp of what was written just now. */
  stamp(): number {
    this.#stamp += 1;
    return this.#stamp;
  }

  /** The highest stamp that is acknowledged with all before it. */
  acknowledged(): number {
    const subscription = this.#subscription;
    const [oldest] = subscription.getAvailableSequenceNumbers();
    for (let mark = this.#marks[0]; mark !== undefined; mark = this.#marks[0]) {
      if (oldest !== undefined && mark.sequence >= oldest) return this.#acknowledged;
      this.#acknowledged = mark.stamp;
      this.#marks.shift();
    }
    const idle =
      oldest === undefined &&
      !subscription.hasPendingNotifications &&
      !subscription.hasUncollectedMonitoredItemNotifications;
    // Writes that told the client nothing new, such as a block that it has as its first value, make no message.
    if (idle) this.#acknowledged = this.#stamp;
    return this.#acknowledged;
  }

  /** Whether more may be written: no message is cut in two and few wait for their acknowledgement. */
  get accepts(): boolean {
    const subscription = this.#subscription;
    return (
      !subscription.hasPendingNotifications &&
      subscription.sentNotificationMessageCount < UNACKNOWLEDGED_MESSAGES
    );
  }
}

/** The monitored items that a subscription has on one machine. */
export class MachineWatch {
  readonly subscription: SubscriptionWatch;
  readonly #items = new Set<MonitoredItem>();
  #waveform: MonitoredItem | undefined;

  constructor(subscription: SubscriptionWatch) {
    this.subscription = subscription;
  }

  add(item: MonitoredItem, isWaveform: boolean): void {
    this.#items.add(item);
    if (isWaveform) this.#waveform = item;
  }

  remove(item: MonitoredItem): void {
    this.#items.delete(item);
    if (this.#waveform === item) this.#waveform = undefined;
  }

  /** Whether the waveform is monitored at all. */
  get hasWaveform(): boolean {
    return this.#waveform !== undefined;
  }

  /** Whether the waveform reaches the client at present. */
  get reports(): boolean {
    return this.#waveform?.monitoringMode === MonitoringMode.Reporting;
  }

  /** Blocks that may be on their way: half of the shortest queue, so that no queue ever overflows. */
  get windowBlocks(): number {
    const shortest = Math.min(...[...this.#items].map((item) => item.queueSize));
    return Math.max(1, Math.floor(shortest / 2));
  }
}
