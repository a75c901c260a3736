import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, toCodedError } from '../../runtime/errors.ts';
import { backOffMs } from './back-off.ts';
import type { Addresses, Launch, Launched } from './launch.ts';

/** What a supervisor tells about a process, for people. */
export type SupervisionEvent =
  | { readonly kind: 'ended'; readonly name: string; readonly reason: string; readonly againInMs: number }
  | { readonly kind: 'restarted'; readonly name: string }
  | { readonly kind: 'given-up'; readonly name: string; readonly error: CodedError };

interface SupervisedProcessOptions {
  readonly name: string;
  readonly launch: Launch;
  readonly report: (event: SupervisionEvent) => void;
  /** Until when a first start that found a port or a folder still taken is tried again (`Date.now()`). */
  readonly retryFirstStartUntilMs?: number;
  readonly backOffMs?: (failures: number) => number;
}

/** Starts in a row that fail before a process is given up. */
const MAXIMUM_FAILED_STARTS = 8;
/** Time after which a process counts as healthy, so that its next death begins with the shortest wait again. */
const HEALTHY_MS = 30_000;

/** One process that is started, and started again at its old addresses whenever it dies. */
export class SupervisedProcess {
  readonly name: string;
  readonly #options: SupervisedProcessOptions;
  readonly #stopping = new AbortController();
  #launching: Promise<Launched> | undefined;
  #current: Launched | undefined;
  #watching: Promise<void> | undefined;
  #failures = 0;
  #isRestartAsked = false;

  constructor(options: SupervisedProcessOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#current?.pid;
  }

  /** Starts it for the first time. @throws CodedError why it could not start; later deaths only restart it. */
  async start(): Promise<Addresses> {
    const first = await this.#firstStart();
    this.#watching = this.#watch(first);
    return first.addresses;
  }

  /** Ends it so that it starts again at once, such as with new settings; one that is about to start anyway does so. */
  async restart(): Promise<void> {
    if (this.#current === undefined) return;
    this.#isRestartAsked = true;
    await this.#current.stop();
  }

  /** Ends it for good, in whatever state it is. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    // A launch that is under way ends what it started before it settles.
    await this.#launching?.catch(() => undefined);
    await this.#current?.stop();
    await this.#watching;
  }

  async #firstStart(): Promise<Launched> {
    for (;;) {
      try {
        return await this.#launch(undefined);
      } catch (thrown) {
        const error = toCodedError(thrown);
        // After a kill -9 the children of the dead supervisor need a moment to end and to let go of what they hold.
        const taken = error.code === 'E_STATE_IN_USE' || error.code === 'E_PORT_IN_USE';
        if (!taken || Date.now() > (this.#options.retryFirstStartUntilMs ?? 0)) throw error;
        await this.#wait(250);
      }
    }
  }

  #launch(previous: Addresses | undefined): Promise<Launched> {
    this.#launching = this.#launchOrEnd(previous);
    return this.#launching;
  }

  async #launchOrEnd(previous: Addresses | undefined): Promise<Launched> {
    const { signal } = this.#stopping;
    if (signal.aborted) throw new CodedError('E_ABORTED', `${this.name} is no longer wanted`);
    const launched = await this.#options.launch({ previous, signal });
    this.#current = launched;
    if (signal.aborted) {
      await launched.stop();
      throw new CodedError('E_ABORTED', `${this.name} is no longer wanted`);
    }
    return launched;
  }

  async #watch(first: Launched): Promise<void> {
    let launched = first;
    for (;;) {
      const startedMs = Date.now();
      const how = await launched.exited;
      this.#current = undefined;
      if (this.#stopping.signal.aborted) return;
      if (Date.now() - startedMs > HEALTHY_MS) this.#failures = 0;
      const again = await this.#restart(how, launched.addresses);
      if (again === undefined) return;
      launched = again;
    }
  }

  async #restart(how: string, previous: Addresses): Promise<Launched | undefined> {
    const { report, name } = this.#options;
    let reason = how;
    for (let failedStarts = 0; ; failedStarts += 1) {
      if (this.#isRestartAsked) {
        this.#isRestartAsked = false;
      } else {
        this.#failures += 1;
        const againInMs = (this.#options.backOffMs ?? backOffMs)(this.#failures);
        report({ kind: 'ended', name, reason, againInMs });
        await this.#wait(againInMs);
      }
      try {
        const launched = await this.#launch(previous);
        report({ kind: 'restarted', name });
        return launched;
      } catch (thrown) {
        if (this.#stopping.signal.aborted) return undefined;
        const error = toCodedError(thrown);
        reason = `${error.code}: ${error.message}`;
        if (failedStarts + 1 >= MAXIMUM_FAILED_STARTS) {
          report({ kind: 'given-up', name, error });
          return undefined;
        }
      }
    }
  }

  /** Waits, but not longer than it is wanted. */
  async #wait(durationMs: number): Promise<void> {
    await delay(durationMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
