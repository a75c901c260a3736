const TICK_MS = 500;
const STALL_MS = 1_000;

interface WatchdogOptions {
  /** How long a subscription must be silent and the server reachable at once, in milliseconds. */
  readonly silenceMs: number;
  /** Whether the server answers a question over a connection of its own. */
  reachable(): Promise<boolean>;
  /** Called once. */
  fire(): void;
}

/**
 * Notices a connection that looks alive and delivers nothing, the library's reconnect running in circles included. It
 * waits as long as the server cannot be reached, since a reconnect then still brings everything that the server has
 * queued, and begins anew after this process itself stood still. Each of a session's subscriptions must be heard.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #heardAtMs = new Map<number, number>();
  #tickedAtMs = performance.now();
  #reachableSinceMs: number | undefined;
  #probing = false;
  #paused = false;

  constructor(subscriptionIds: Iterable<number>, options: WatchdogOptions) {
    this.#options = options;
    for (const id of subscriptionIds) this.#heardAtMs.set(id, performance.now());
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Notes a sign of life of a subscription: data or a keep-alive. */
  heard(subscriptionId: number): void {
    this.#heardAtMs.set(subscriptionId, performance.now());
  }

  /** While we ask the server for nothing, its silence says nothing. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    this.#heardAll();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  get #oldestMs(): number {
    return Math.min(...this.#heardAtMs.values());
  }

  #heardAll(): void {
    for (const id of this.#heardAtMs.keys()) this.heard(id);
    this.#reachableSinceMs = undefined;
  }

  #tick(): void {
    const nowMs = performance.now();
    const stalled = nowMs - this.#tickedAtMs > TICK_MS + STALL_MS;
    this.#tickedAtMs = nowMs;
    if (stalled || this.#paused) {
      this.#heardAll();
      return;
    }
    if (nowMs - this.#oldestMs < this.#options.silenceMs / 2) {
      this.#reachableSinceMs = undefined;
      return;
    }
    if (this.#probing) return;
    this.#probing = true;
    void this.#probe().finally(() => {
      this.#probing = false;
    });
  }

  async #probe(): Promise<void> {
    const askedAtMs = performance.now();
    const reachable = await this.#options.reachable();
    if (this.#oldestMs > askedAtMs) return;
    if (!reachable) {
      this.#reachableSinceMs = undefined;
      return;
    }
    this.#reachableSinceMs ??= askedAtMs;
    const silentSinceMs = Math.max(this.#oldestMs, this.#reachableSinceMs);
    if (performance.now() - silentSinceMs < this.#options.silenceMs) return;
    this.stop();
    this.#options.fire();
  }
}
