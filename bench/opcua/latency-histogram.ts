/** Latencies counted by whole milliseconds, those of a minute and more together. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(60_000);
  #count = 0;

  /** @param latencyMs negative ones, of clocks that differ, count as 0. */
  add(latencyMs: number): void {
    const bin = Math.min(Math.max(0, Math.ceil(latencyMs)), this.#counts.length - 1);
    this.#counts[bin] = (this.#counts[bin] ?? 0) + 1;
    this.#count += 1;
  }

  addAll(other: LatencyHistogram): void {
    for (const [bin, count] of other.#counts.entries()) this.#counts[bin] = (this.#counts[bin] ?? 0) + count;
    this.#count += other.#count;
  }

  get count(): number {
    return this.#count;
  }

  /** The latency in ms that a fraction of all does not exceed; 0 of none. @param fraction in [0, 1] */
  quantileMs(fraction: number): number {
    let left = Math.ceil(this.#count * fraction);
    for (const [bin, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return bin;
    }
    return this.#counts.length - 1;
  }
}
