import { type DataValue, promoteOpaqueStructure } from 'node-opcua-client';
import type { Sample } from '../connector.ts';
import type { FlowPlan } from './flow-plan.ts';
import { compareGranted, type Granted } from './granted.ts';
import { type RawSession, republish } from './guarded-session.ts';
import { historicSignals } from './historic-signals.ts';
import { LinkCalls } from './link-calls.ts';
import type { LinkOptions } from './link-options.ts';
import { type Legacy, subscribe } from './link-subscriptions.ts';
import type { GrantedItem, MonitoredTarget } from './monitored-target.ts';
import { NotificationIntake } from './notification-intake.ts';
import type { OneCall } from './one-call.ts';
import { NotificationReader } from './read-notification.ts';
import { Resync } from './resync.ts';
import { steadyNowMs } from './server-status.ts';
import type { ServerWatch } from './server-watch.ts';
import type { SubscriptionFeed } from './subscription-feed.ts';

/** What the flow of values needs of its link, and tells it. */
export interface FlowContext {
  readonly session: RawSession;
  readonly calls: OneCall;
  readonly server: ServerWatch;
  /** Whether the connection has been there all the while. */
  readonly isCurrent: () => boolean;
  readonly heard: (feed: SubscriptionFeed) => void;
  readonly paused: (paused: boolean) => void;
  readonly inheriting: () => void;
  readonly failed: (reason: string) => void;
}

/** The way of the values from one session to the receiver: subscriptions, polls, captures, backfill. */
export class ValueFlow {
  readonly #options: LinkOptions;
  readonly #context: FlowContext;
  readonly #parts: FlowPlan;
  readonly #reader: NotificationReader;
  readonly #calls: LinkCalls;
  readonly #intake: NotificationIntake;
  #feeds: readonly SubscriptionFeed[] = [];
  #items: readonly GrantedItem[] = [];

  constructor(options: LinkOptions, context: FlowContext, parts: FlowPlan) {
    const { plans, ledger, metrics, log, delivery } = options;
    const { session, calls, server } = context;
    const { nodes, plan, limits } = parts;
    this.#parts = parts;
    this.#options = options;
    this.#context = context;
    const reader = new NotificationReader({
      targets: plan.targets,
      ledger,
      metrics,
      longChanged: (target, atMs) => this.#calls.long.changed(target, atMs),
    });
    this.#reader = reader;
    this.#calls = new LinkCalls(
      {
        session,
        calls,
        limits,
        ledger,
        reader,
        log,
        deliver: (samples) => this.#deliver(samples),
        isTaking: () => delivery.trouble === undefined,
        serverNowMs: () => server.nowMs,
      },
      plans,
      nodes,
    );
    this.#intake = this.#makeIntake(plan.targets);
  }

  /** The subscriptions, for the next link; undefined before anything was subscribed. */
  get subscribed(): Omit<Legacy, 'startedAtMs' | 'namespaces'> | undefined {
    if (this.#feeds.length === 0) return undefined;
    return { feeds: this.#feeds, items: this.#items, plan: this.#parts.plan };
  }

  get feeds(): readonly SubscriptionFeed[] {
    return this.#feeds;
  }

  /** Signals whose values are of a kind that no sample has. */
  get unreadable(): ReadonlySet<string> {
    return this.#reader.unreadable;
  }

  /** Whether the server has more to say than is in the message that comes next. */
  set moreNotifications(more: boolean) {
    this.#intake.moreNotifications = more;
  }

  /** Gets every group its subscription. */
  async subscribe(): Promise<{ granted: Granted; items: readonly GrantedItem[] }> {
    const { source, plans, ledger, delivery, log } = this.#options;
    const { session, server, inheriting } = this.#context;
    const { plan, legacy, limits, timestamps } = this.#parts;
    const { interruption } = server;
    for (const { way, track } of plans) {
      if (way === 'poll' || way === 'capture') ledger.interrupted(interruption, track.group, steadyNowMs());
    }
    const { feeds, granted, items } = await subscribe({
      session,
      intake: this.#intake,
      plan,
      itemsPerCall: limits.itemsPerCall,
      timestamps,
      legacy,
      log,
      subscribing: (group) => ledger.interrupted(interruption, group, steadyNowMs()),
      inheriting,
      allTaken: () => delivery.trouble === undefined,
    });
    this.#feeds = feeds;
    this.#items = items;
    return { granted: compareGranted(granted, items, source), items };
  }

  /** What was asked for is granted: begins with what needs no subscription. */
  begin(): void {
    const { source, plans, backfill } = this.#options;
    const { session, calls } = this.#context;
    this.#endEventGaps();
    if (source.backfill) backfill.attach(session, historicSignals(plans, this.#parts.nodes), calls);
  }

  /** From now on nothing is taken and nothing acknowledged. */
  end(): void {
    this.#intake.close();
  }

  close(): void {
    this.#calls.close();
    this.#options.backfill.detach();
  }

  #makeIntake(targets: readonly MonitoredTarget[]): NotificationIntake {
    const { ledger, delivery, metrics, log, backfill } = this.#options;
    const { session, calls, isCurrent, heard, paused, failed } = this.#context;
    const reader = this.#reader;
    const deliver = (samples: readonly Sample[]) => this.#deliver(samples);
    const resync = new Resync({ session, calls, targets, ledger, reader, deliver, isCurrent });
    return new NotificationIntake({
      engine: session.getPublishEngine(),
      reader,
      ledger,
      delivery,
      metrics,
      log,
      ...(targets.some(({ isStructure }) => isStructure)
        ? { promote: (values: DataValue[]) => promoteOpaqueStructure(session, values) }
        : {}),
      republish: (subscriptionId, sequenceNumber) => republish(session, subscriptionId, sequenceNumber),
      delivered: (samples) => {
        backfill.add(ledger.takeClosed());
        if (this.#calls.hasTriggers) this.#calls.triggeredBy(samples);
      },
      heard,
      paused,
      lost: (group) => {
        ledger.lost('connection-lost', group);
        resync.ask(group);
      },
      failed,
    });
  }

  #deliver(samples: readonly Sample[]): void {
    const { delivery, ledger, backfill, metrics } = this.#options;
    const gaps = ledger.takeRows();
    metrics.received += samples.length;
    if (samples.length > 0 || gaps.length > 0) {
      delivery.deliver({ samples, gaps, hold: () => undefined, release: () => undefined });
    }
    backfill.add(ledger.takeClosed());
  }

  /** Events that come from now on are notified: those that may be missing came before. */
  #endEventGaps(): void {
    const { nowMs } = this.#context.server;
    for (const { eventFilter, signals } of this.#parts.plan.targets) {
      if (eventFilter === undefined) continue;
      for (const { track } of signals) this.#options.ledger.ended(track, nowMs);
    }
    this.#deliver([]);
  }
}
