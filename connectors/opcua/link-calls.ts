import type { ClientSession, NodeId } from 'node-opcua-client';
import type { Log } from '../../runtime/log.ts';
import type { Sample } from '../connector.ts';
import { Capture } from './capture.ts';
import type { GapLedger } from './gap-ledger.ts';
import { LongArrays } from './long-arrays.ts';
import type { OneCall } from './one-call.ts';
import type { OperationLimits } from './operation-limits.ts';
import { Poller } from './poller.ts';
import type { NotificationReader } from './read-notification.ts';
import { type Captured, methodKey, type SignalPlan } from './signal-plan.ts';
import { signalOf } from './targets.ts';

/** What everything that asks the server by itself works with. */
export interface CallContext {
  readonly session: ClientSession;
  readonly calls: OneCall;
  readonly limits: OperationLimits;
  readonly ledger: GapLedger;
  readonly reader: NotificationReader;
  readonly log: Log;
  /** Delivers samples and what the ledger has to say. */
  readonly deliver: (samples: readonly Sample[]) => void;
  /** Whether the receiver takes anything at present. */
  readonly isTaking: () => boolean;
  /** The server's clock now, in milliseconds since 1970. */
  readonly serverNowMs: () => number;
}

/** Polling, captures and long arrays of one link. */
export class LinkCalls {
  readonly long: LongArrays;
  readonly #pollers: Poller[];
  readonly #captures: Capture[];
  readonly #triggered = new Map<string, Capture[]>();

  constructor(context: CallContext, plans: readonly SignalPlan[], nodes: ReadonlyMap<string, NodeId>) {
    this.long = new LongArrays(context);
    this.#pollers = makePollers(context, plans, nodes);
    this.#captures = plans
      .filter((plan): plan is Captured => plan.way === 'capture')
      .flatMap((plan) => {
        const objectId = nodes.get(plan.signal);
        const methodId = nodes.get(methodKey(plan.signal));
        if (objectId === undefined || methodId === undefined) return [];
        const capture = new Capture(context, plan, { objectId, methodId });
        const { trigger } = plan.capture;
        if (trigger !== undefined) {
          this.#triggered.set(trigger, [...(this.#triggered.get(trigger) ?? []), capture]);
        }
        return [capture];
      });
  }

  /** Whether values trigger captures at all. */
  get hasTriggers(): boolean {
    return this.#triggered.size > 0;
  }

  /** Calls what the new values trigger. */
  triggeredBy(samples: readonly Sample[]): void {
    for (const { signal, sourceTimestampMs, quality } of samples) {
      if (quality !== 'good') continue;
      for (const capture of this.#triggered.get(signal) ?? []) capture.trigger(sourceTimestampMs);
    }
  }

  close(): void {
    for (const poller of this.#pollers) poller.close();
    for (const capture of this.#captures) capture.close();
    this.long.close();
  }
}

/** One poller for all signals of an interval. */
function makePollers(
  context: CallContext,
  plans: readonly SignalPlan[],
  nodes: ReadonlyMap<string, NodeId>,
): Poller[] {
  const byInterval = new Map<number, ConstructorParameters<typeof Poller>[1][number][]>();
  for (const plan of plans) {
    const nodeId = nodes.get(plan.signal);
    if (plan.way !== 'poll' || nodeId === undefined) continue;
    const { indexRange } = plan.spec;
    const polled = {
      nodeId,
      signal: signalOf(plan, context.ledger),
      ...(indexRange === undefined ? {} : { indexRange }),
    };
    byInterval.set(plan.intervalMs, [...(byInterval.get(plan.intervalMs) ?? []), polled]);
  }
  return [...byInterval].map(([intervalMs, polled]) => new Poller(context, polled, intervalMs));
}
