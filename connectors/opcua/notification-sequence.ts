const LARGEST = 2 ** 32 - 1;

/** Follows the sequence numbers of a subscription's notifications, which have no holes unless something was lost. */
export class NotificationSequence {
  #subscriptionId: number | undefined;
  #expected: number | undefined;

  /**
   * Takes the number of a notification, or the one that a keep-alive announces for the next.
   * @returns whether notifications before it never arrived.
   */
  next(subscriptionId: number, sequenceNumber: number, isKeepAlive: boolean): boolean {
    if (subscriptionId !== this.#subscriptionId) {
      this.#subscriptionId = subscriptionId;
      // Numbers begin with 1 (OPC UA Part 4, 5.13.1.1), so even the first notification can be missed.
      this.#expected = undefined;
    }
    const lost = this.#expected !== undefined && sequenceNumber > this.#expected;
    const following = isKeepAlive ? sequenceNumber : sequenceNumber === LARGEST ? 1 : sequenceNumber + 1;
    // A repeated notification must not set the expectation back.
    if (this.#expected === undefined || following > this.#expected || following === 1)
      this.#expected = following;
    return lost;
  }
}
