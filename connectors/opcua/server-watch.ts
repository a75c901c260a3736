import type { Log } from '../../runtime/log.ts';
import type { GapCause } from '../connector.ts';
import type { GapLedger } from './gap-ledger.ts';
import type { RawSession } from './guarded-session.ts';
import type { Legacy } from './link-subscriptions.ts';
import type { OneCall } from './one-call.ts';
import { readServerStatus, type ServerStatus, steadyNowMs } from './server-status.ts';

const CLOCK_INTERVAL_MS = 30_000;
const LARGE_OFFSET_MS = 1_000;

interface ServerWatchOptions {
  readonly ledger: GapLedger;
  readonly log: Log;
  readonly calls: OneCall;
  readonly legacy: Legacy | undefined;
  /** Whether the connection is there. */
  readonly isCurrent: () => boolean;
  /** It is another run of the server than the one before. */
  readonly restarted: () => void;
}

/** Knows which run of the server a link talks to, and what the server's clock shows. */
export class ServerWatch {
  readonly #options: ServerWatchOptions;
  #status: ServerStatus | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ServerWatchOptions) {
    this.#options = options;
  }

  get status(): ServerStatus | undefined {
    return this.#status;
  }

  /** The server's clock now, in milliseconds since 1970. */
  get nowMs(): number {
    return steadyNowMs() + (this.#status?.clockOffsetMs ?? 0);
  }

  /**
   * Takes the server as it is at the beginning.
   * @returns the link before's subscriptions, if this is still the server that has them
   */
  begin(status: ServerStatus): Legacy | undefined {
    const { legacy, ledger } = this.#options;
    this.#status = status;
    this.#noteOffset(ledger.serverOffsetMs, status.clockOffsetMs);
    return legacy !== undefined && isSameRun(legacy, status) ? legacy : undefined;
  }

  /** Why subscriptions that are made now take the place of others. */
  get interruption(): GapCause {
    const { legacy } = this.#options;
    return legacy !== undefined && hasRestarted(legacy.startedAtMs, this.#status?.startedAtMs)
      ? 'server-restarted'
      : 'subscription-recreated';
  }

  /** Whether the server that answers now is the one of the beginning, with the same namespaces. */
  isStill(status: ServerStatus): boolean {
    return this.#status !== undefined && isSameRun(this.#status, status);
  }

  /** Looks from time to time from now on. */
  start(session: RawSession): void {
    this.#timer = setInterval(() => void this.look(session), CLOCK_INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async look(session: RawSession): Promise<void> {
    const { calls, isCurrent, restarted } = this.#options;
    if (!isCurrent()) return;
    try {
      const status = await calls.run(() => readServerStatus(session));
      if (!isCurrent()) return;
      if (hasRestarted(this.#status?.startedAtMs, status.startedAtMs)) restarted();
      this.#noteOffset(this.#status?.clockOffsetMs, status.clockOffsetMs);
      this.#status = { ...status, startedAtMs: this.#status?.startedAtMs };
    } catch {
      // The connection is being repaired, or the watchdog ends it.
    }
  }

  #noteOffset(previousMs: number | undefined, offsetMs: number | undefined): void {
    const { ledger, log } = this.#options;
    if (offsetMs === undefined) return;
    ledger.serverStepped = previousMs !== undefined && Math.abs(offsetMs - previousMs) > LARGE_OFFSET_MS;
    ledger.serverOffsetMs = offsetMs;
    if (Math.abs(offsetMs) > LARGE_OFFSET_MS && (previousMs === undefined || ledger.serverStepped)) {
      log.warn(
        { event: 'opcua.clock.offset', offsetMs: Math.round(offsetMs) },
        "the server's clock is not ours",
      );
    }
  }
}

type Run = Pick<ServerStatus, 'startedAtMs' | 'namespaces'>;

function isSameRun(before: Run, now: Run): boolean {
  return (
    !hasRestarted(before.startedAtMs, now.startedAtMs) &&
    before.namespaces.join('\n') === now.namespaces.join('\n')
  );
}

/** Some servers work the time out anew at each question. */
function hasRestarted(beforeMs: number | undefined, nowMs: number | undefined): boolean {
  return beforeMs !== undefined && nowMs !== undefined && Math.abs(nowMs - beforeMs) > LARGE_OFFSET_MS;
}
