const TICK_MS = 500;
const STALL_MS = 1_000;

interface WatchdogOptions {
  /** How long the server must be silent and reachable at once, in milliseconds. */
  readonly silenceMs: number;
  /** Whether the server answers a question over a connection of its own. */
  reachable(): Promise<boolean>;
  /** Called once. */
  fire(): void;
}

/**
 * Notices a connection that looks alive and delivers nothing, the library's reconnect running in circles included. It
 * waits as long as the server cannot be reached, since a reconnect then still brings everything that the server has
 * queued, and begins anew after this process itself stood still.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #timer: NodeJS.Timeout;
  #heardAtMs = performance.now();
  #tickedAtMs = performance.now();
  #reachableSinceMs: number | undefined;
  #probing = false;
  #paused = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Notes a sign of life: data or a keep-alive. */
  heard(): void {
    this.#heardAtMs = performance.now();
    this.#reachableSinceMs = undefined;
  }

  /** While we ask the server for nothing, its silence says nothing. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    this.heard();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const nowMs = performance.now();
    const stalled = nowMs - this.#tickedAtMs > TICK_MS + STALL_MS;
    this.#tickedAtMs = nowMs;
    if (stalled || this.#paused) {
      this.heard();
      return;
    }
    if (nowMs - this.#heardAtMs < this.#options.silenceMs / 2 || this.#probing) return;
    this.#probing = true;
    void this.#probe().finally(() => {
      this.#probing = false;
    });
  }

  async #probe(): Promise<void> {
    const askedAtMs = performance.now();
    const reachable = await this.#options.reachable();
    if (this.#heardAtMs > askedAtMs) return;
    if (!reachable) {
      this.#reachableSinceMs = undefined;
      return;
    }
    this.#reachableSinceMs ??= askedAtMs;
    const silentSinceMs = Math.max(this.#heardAtMs, this.#reachableSinceMs);
    if (performance.now() - silentSinceMs < this.#options.silenceMs) return;
    this.stop();
    this.#options.fire();
  }
}
