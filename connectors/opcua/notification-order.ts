const LARGEST = 2 ** 32 - 1;

/**
 * Brings the notifications of one subscription into the order of their numbers, which have no holes (OPC UA Part 4,
 * 5.13.1.1). After a reconnect new ones arrive between those that are sent again; what comes early waits for what is
 * missing before it.
 */
export class NotificationOrder<Message> {
  #expected: number;
  readonly #early = new Map<number, Message>();
  /** A number before which notifications exist. */
  #announced: number;

  /** @param expected number of the first notification. */
  constructor(expected = 1) {
    this.#expected = expected;
    this.#announced = expected;
  }

  /** The number of the last notification that all before have come too. */
  get last(): number {
    return this.#expected === 1 ? 0 : this.#expected - 1;
  }

  /** The number of a notification that is known to exist and has not come. */
  get missing(): number | undefined {
    return distance(this.#expected, this.#announced) > 0 ? this.#expected : undefined;
  }

  /** Takes a notification. @returns those that are next in order now; none for one that came before. */
  take(sequenceNumber: number, message: Message): Message[] {
    const ahead = distance(this.#expected, sequenceNumber);
    if (ahead < 0) return [];
    this.announce(following(sequenceNumber));
    if (ahead > 0) {
      this.#early.set(sequenceNumber, message);
      return [];
    }
    return [message, ...this.#advance()];
  }

  /** Whether a notification came before. */
  isRepeated(sequenceNumber: number): boolean {
    return distance(this.#expected, sequenceNumber) < 0 || this.#early.has(sequenceNumber);
  }

  /** Takes the number that a keep-alive gives to the next notification. */
  announce(sequenceNumber: number): void {
    if (distance(this.#announced, sequenceNumber) > 0) this.#announced = sequenceNumber;
  }

  /** Gives the missing one up. @returns those that are next in order now. */
  skip(): Message[] {
    return this.missing === undefined ? [] : this.#advance();
  }

  #advance(): Message[] {
    const messages: Message[] = [];
    this.#early.delete(this.#expected);
    this.#expected = following(this.#expected);
    for (;;) {
      const message = this.#early.get(this.#expected);
      if (message === undefined) return messages;
      messages.push(message);
      this.#early.delete(this.#expected);
      this.#expected = following(this.#expected);
    }
  }
}

/** The number after one: they begin anew with 1, not with 0. */
export function following(sequenceNumber: number): number {
  return sequenceNumber >= LARGEST ? 1 : sequenceNumber + 1;
}

/** How far a number is ahead of another on the circle of numbers. */
function distance(from: number, to: number): number {
  const ahead = to - from;
  if (ahead > LARGEST / 2) return ahead - LARGEST;
  return ahead < -LARGEST / 2 ? ahead + LARGEST : ahead;
}
