import type { DataValue } from 'node-opcua-client';
import type { Sample } from '../connector.ts';
import { readable } from './first-look.ts';
import type { GapLedger } from './gap-ledger.ts';
import type { RawSession } from './guarded-session.ts';
import type { MonitoredTarget } from './monitored-target.ts';
import type { OneCall } from './one-call.ts';
import { partsOf } from './operation-limits.ts';
import { type NotificationReader, timestampOf } from './read-notification.ts';
import { steadyNowMs } from './server-status.ts';

const NODES_A_READ = 500;
/** By then the subscription has brought whatever it still had of the value that was read. */
const SETTLE_MS = 2_000;

interface ResyncOptions {
  readonly session: RawSession;
  readonly calls: OneCall;
  readonly targets: readonly MonitoredTarget[];
  readonly ledger: GapLedger;
  readonly reader: NotificationReader;
  readonly deliver: (samples: readonly Sample[]) => void;
  /** Whether the connection has been there all the while. */
  readonly isCurrent: () => boolean;
}

/**
 * After lost notifications, finds out what on-change signals are now: without it a label that changed once in the hole
 * would be missing until it changes again, and one that did not change would be in doubt as long.
 */
export class Resync {
  readonly #options: ResyncOptions;
  readonly #asked = new Set<string>();

  constructor(options: ResyncOptions) {
    this.#options = options;
  }

  /** Notifications of a group never arrived. */
  ask(group: string): void {
    if (this.#asked.has(group)) return;
    this.#asked.add(group);
    setTimeout(() => {
      this.#asked.delete(group);
      void this.#read(group).catch(() => undefined);
    }, SETTLE_MS);
  }

  async #read(group: string): Promise<void> {
    const { session, calls, isCurrent } = this.#options;
    const doubtful = this.#options.targets.filter(
      (target) =>
        target.group === group &&
        target.eventFilter === undefined &&
        target.longLength === undefined &&
        target.signals.some(isDoubtful),
    );
    for (const part of partsOf(doubtful, NODES_A_READ)) {
      if (!isCurrent()) return;
      const values = await calls.run(() => session.read(part.map(readable)));
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      if (!isCurrent()) return;
      for (const [index, target] of part.entries()) this.#compare(target, values[index]);
    }
  }

  /** A value that was read before the subscription could have brought it, and did not, is one that was lost. */
  #compare(target: MonitoredTarget, value: DataValue | undefined): void {
    if (value === undefined) return;
    const atMs = timestampOf(value);
    const samples: Sample[] = [];
    for (const signal of target.signals) {
      const isOlder = atMs === undefined || atMs < signal.track.newestMs;
      if (isDoubtful(signal) && !isOlder) this.#options.reader.take(signal, value, steadyNowMs(), samples);
    }
    this.#options.deliver(samples);
  }
}

/** Whether an interval is open that nothing but loss began. */
function isDoubtful({ track: { open, plan } }: MonitoredTarget['signals'][number]): boolean {
  return open?.cause === 'connection-lost' && plan.periodMs === undefined;
}
