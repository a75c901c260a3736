import { toCodedError } from './errors.ts';
import type { Log } from './log.ts';

type Step = () => Promise<void> | void;

/**
 * Ends a process in order: steps run once, last added first, on SIGTERM, SIGINT or when the parent's channel closes
 * (which it also does when the parent is killed with -9).
 */
export class Shutdown {
  readonly #steps: { readonly name: string; readonly step: Step }[] = [];
  readonly #log: Log;
  #running: Promise<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Adds a step; it runs before those added earlier. */
  add(name: string, step: Step): void {
    this.#steps.push({ name, step });
  }

  /** Listens for the signals and the parent's end, and exits the process after the steps. */
  listen(): void {
    const end = (reason: string) => {
      if (this.#running !== undefined) return;
      this.#log.info({ event: 'shutdown', reason }, 'shutting down');
      void this.run().then(() => process.exit(0));
    };
    // Listeners that stay: without one, a second signal would kill the process in the middle of its steps.
    process.on('SIGTERM', () => end('SIGTERM'));
    process.on('SIGINT', () => end('SIGINT'));
    // The channel may have closed while this process was still loading; only `send` tells that there was one.
    if (process.connected) process.once('disconnect', () => end('parent ended'));
    else if (process.send !== undefined) end('parent ended');
  }

  /** Runs the steps, once however often it is called; a failing step does not keep the others from running. */
  run(): Promise<void> {
    this.#running ??= (async () => {
      for (const { name, step } of [...this.#steps].reverse()) {
        try {
          await step();
        } catch (thrown) {
          this.#log.error({ event: 'shutdown.step.failed', step: name, error: toCodedError(thrown).message });
        }
      }
    })();
    return this.#running;
  }
}
