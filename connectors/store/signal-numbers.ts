/** A signal of a segment in one epoch. */
interface NumberedSignal {
  epoch: number;
  number: number;
}

/** The numbers that signals have within a segment, each with its epoch: they are named once, not in each record. */
export class SignalNumbers {
  /** Of each signal the epoch it had last: others are rare. */
  readonly #current = new Map<string, NumberedSignal>();
  readonly #all = new Map<string, number>();
  readonly #names: string[] = [];

  get count(): number {
    return this.#names.length;
  }

  /** The number of a signal; undefined if it has none yet. */
  find(signal: string, epoch: number): number | undefined {
    const current = this.#current.get(signal);
    if (current !== undefined && current.epoch === epoch) return current.number;
    const number = this.#all.get(keyOf(signal, epoch));
    if (number !== undefined) this.#current.set(signal, { epoch, number });
    return number;
  }

  add(signal: string, epoch: number): number {
    const number = this.#names.length;
    this.#names.push(signal);
    this.#all.set(keyOf(signal, epoch), number);
    this.#current.set(signal, { epoch, number });
    return number;
  }

  /** Takes back the numbers from `count` on: what named them was not written. */
  truncate(count: number): void {
    if (count === this.#names.length) return;
    for (const signal of this.#names.splice(count)) this.#current.delete(signal);
    for (const [key, number] of this.#all) if (number >= count) this.#all.delete(key);
  }
}

function keyOf(signal: string, epoch: number): string {
  return `${epoch} ${signal}`;
}
