import {
  type ClientSession,
  type DataValue,
  type OPCUAClient,
  promoteOpaqueStructure,
} from 'node-opcua-client';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { GapCause, Sample } from '../connector.ts';
import type { Backfill } from './backfill.ts';
import { chooseEndpoint } from './choose-endpoint.ts';
import type { Delivery } from './delivery.ts';
import type { GapLedger } from './gap-ledger.ts';
import { compareGranted, type Granted } from './granted.ts';
import { guardSession, type RawSession, republish } from './guarded-session.ts';
import { historicSignals } from './historic-signals.ts';
import type { Identity } from './identity.ts';
import { LinkCalls } from './link-calls.ts';
import { type Legacy, subscribe, timestampsFor } from './link-subscriptions.ts';
import { MeasuredRates } from './measured-rates.ts';
import type { OpcuaMetrics } from './metrics.ts';
import type { GrantedItem, MonitoredTarget } from './monitored-target.ts';
import { NotificationIntake } from './notification-intake.ts';
import { OneCall } from './one-call.ts';
import { connect, getEndpoints, makeClient } from './open-client.ts';
import { operationLimits } from './operation-limits.ts';
import { bridgeSeconds } from './queue-plan.ts';
import { NotificationReader } from './read-notification.ts';
import { resolveNodes } from './resolve-nodes.ts';
import { Resync } from './resync.ts';
import { readServerStatus, type ServerStatus, steadyNowMs } from './server-status.ts';
import { addressesOf, groupIntervals, type SignalPlan } from './signal-plan.ts';
import type { SubscriptionFeed } from './subscription-feed.ts';
import { makeTargets } from './targets.ts';
import type { Trust } from './trust.ts';
import { userIdentity } from './user-identity.ts';
import { Watchdog } from './watchdog.ts';
import { within } from './within.ts';

const SMALLEST_SILENCE_MS = 5_000;
const CLOSE_TIMEOUT_MS = 2_000;
const STEP_TIMEOUT_MS = 20_000;
const CLOCK_INTERVAL_MS = 30_000;
const LARGE_OFFSET_MS = 1_000;

interface LinkOptions {
  readonly source: OpcuaSource;
  readonly plans: readonly SignalPlan[];
  readonly identity: Identity;
  readonly trust: Trust;
  readonly ledger: GapLedger;
  readonly delivery: Delivery;
  readonly backfill: Backfill;
  readonly metrics: OpcuaMetrics;
  readonly log: Log;
  /** Ends the opening. */
  readonly signal: AbortSignal;
  /** What the link before has left. */
  readonly legacy: Legacy | undefined;
  /** The connection is there, or is being repaired for the reason. */
  readonly changed: (state: 'connected' | 'connecting', reason?: string) => void;
}

/**
 * One client with its session and subscriptions. The library repairs it after a cut (same session, lost notifications
 * sent again); where that does not help, `ended` says why, and a new link is needed, which takes over the subscriptions
 * where the server still has them.
 */
export class MachineLink {
  readonly #options: LinkOptions;
  readonly #client: OPCUAClient;
  readonly #calls = new OneCall();
  #session: RawSession | undefined;
  #intake: NotificationIntake | undefined;
  #reader: NotificationReader | undefined;
  #linkCalls: LinkCalls | undefined;
  #watchdog: Watchdog | undefined;
  #clockTimer: NodeJS.Timeout | undefined;
  #status: ServerStatus | undefined;
  #targets: readonly MonitoredTarget[] = [];
  #feeds: readonly SubscriptionFeed[] = [];
  #items: readonly GrantedItem[] = [];
  #granted: Granted | undefined;
  readonly #rates = new MeasuredRates();
  #measuredBridgeSeconds: number | undefined;
  #repairing: string | undefined;
  #ended = false;
  #inherits = false;
  #isSilent = false;
  #end: (reason: string) => void = () => undefined;
  /** Resolves with the reason when the link is of no further use. */
  readonly ended: Promise<string>;

  private constructor(options: LinkOptions, client: OPCUAClient) {
    this.#options = options;
    this.#client = client;
    this.ended = new Promise((resolve) => {
      this.#end = (reason) => {
        this.#ended = true;
        this.#intake?.close();
        resolve(reason);
      };
    });
  }

  /**
   * Connects, resolves the nodes and subscribes.
   * @throws CodedError `E_OPCUA_SECURITY` and its kin, `E_OPCUA_NODE`, `E_OPCUA_REVISED`; or whatever the library
   * throws for what may pass.
   */
  static async open(options: LinkOptions): Promise<MachineLink> {
    const { source, identity, trust, signal } = options;
    const endpointUrl = source.endpoint;
    const offered = await getEndpoints({ endpointUrl, identity, trust }, signal);
    const endpoint = chooseEndpoint(offered, source.securityMode, source.user);
    if (source.securityMode !== 'None') await trust.check(endpoint.serverCertificate);
    signal.throwIfAborted();
    const client = makeClient({ endpointUrl, identity, trust, endpoint });
    const link = new MachineLink(options, client);
    const abort = () => void link.close();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await connect(client, endpointUrl);
      await within(link.#start(), STEP_TIMEOUT_MS, `subscribing at ${endpointUrl}`);
      signal.throwIfAborted();
      return link;
    } catch (thrown) {
      await link.close(link.#inherits);
      throw thrown;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** What the next link may take over; undefined before anything was subscribed. */
  get legacy(): Legacy | undefined {
    const status = this.#status;
    if (status === undefined || this.#feeds.length === 0) return undefined;
    return {
      startedAtMs: status.startedAtMs,
      namespaces: status.namespaces,
      feeds: this.#feeds,
      items: this.#items,
      targets: this.#targets,
    };
  }

  /** What was granted and measured. */
  get figures(): Readonly<Record<string, number>> {
    const { clockOffsetMs } = this.#status ?? {};
    return {
      ...this.#granted?.figures,
      ...(this.#measuredBridgeSeconds === undefined
        ? {}
        : { measuredBridgeSeconds: this.#measuredBridgeSeconds }),
      ...(clockOffsetMs === undefined ? {} : { clockOffsetMs: Math.round(clockOffsetMs) }),
    };
  }

  /**
   * Compares the queues with the rates that were measured: those of signals that say nothing of theirs are guesses.
   * @param seconds since the last time.
   */
  measure(seconds: number): void {
    const rates = this.#rates.measure(this.#items, seconds, this.#options.metrics.repairs);
    if (this.#granted === undefined || rates === undefined) return;
    const measured = bridgeSeconds(rates);
    this.#measuredBridgeSeconds = Number.isFinite(measured) ? Math.round(10 * measured) / 10 : undefined;
    if (this.#repairing === undefined) this.#reportConnected();
  }

  /**
   * Ends session and connection; at most about 6 s, whatever the server does.
   * @param keeps whether the subscriptions stay at the server, for the next link.
   */
  async close(keeps = false): Promise<void> {
    this.#end('closed');
    this.#watchdog?.stop();
    this.#linkCalls?.close();
    this.#options.backfill.detach();
    clearInterval(this.#clockTimer);
    const quietly = (work: Promise<unknown> | undefined) =>
      within(Promise.resolve(work), CLOSE_TIMEOUT_MS, 'closing').catch(() => undefined);
    // Nobody answers on a connection that is silent or away; the server ends session and subscriptions itself.
    if (this.#session !== undefined && !this.#isSilent && !this.#client.isReconnecting) {
      await quietly(this.#session.close(!keeps));
    }
    const disconnected = this.#client.disconnect();
    // A silent connection ends by its own time limits, which need not hold up the next one.
    if (this.#isSilent) disconnected.catch(() => undefined);
    else await quietly(disconnected);
  }

  async #start(): Promise<void> {
    const { source, plans, ledger, metrics, log, delivery } = this.#options;
    const session = guardSession(await this.#createSession(), {
      publishing: ({ moreNotifications }) => {
        if (this.#intake !== undefined) this.#intake.moreNotifications = moreNotifications;
      },
      subscriptionsLost: (reason) => this.#lose(reason),
    });
    this.#session = session;
    const status = await readServerStatus(session);
    const legacy = this.#comparedWith(status);
    const limits = await operationLimits(session);
    const nodes = new Map(
      (await resolveNodes(session, status.namespaces, addressesOf(plans))).map(({ signal, nodeId }) => [
        signal,
        nodeId,
      ]),
    );
    const intervalsMs = groupIntervals(source, plans);
    const { namespaces } = status;
    const made = await makeTargets({
      session,
      source,
      plans,
      nodes,
      namespaces,
      intervalsMs,
      limits,
      ledger,
    });
    // Handles name the items of a subscription that is taken over as they did before.
    const targets = legacy?.targets ?? made.targets;
    this.#targets = targets;
    const reader = new NotificationReader({
      targets,
      ledger,
      metrics,
      longChanged: (target, atMs) => this.#linkCalls?.long.changed(target, atMs),
    });
    this.#reader = reader;
    const deliver = (samples: readonly Sample[]) => this.#deliver(samples);
    const calls = new LinkCalls(
      {
        session,
        calls: this.#calls,
        limits,
        ledger,
        reader,
        log,
        deliver,
        isTaking: () => delivery.trouble === undefined,
        serverNowMs: () => steadyNowMs() + (this.#status?.clockOffsetMs ?? 0),
      },
      plans,
      nodes,
    );
    this.#linkCalls = calls;
    const intake = this.#makeIntake(session, reader, calls, targets);
    this.#intake = intake;
    const interruption = this.#interruption(status);
    for (const { way, track } of plans) {
      if (way === 'poll' || way === 'capture') ledger.interrupted(interruption, track.group);
    }
    this.#listen(session);
    const { feeds, granted, items } = await subscribe({
      session,
      intake,
      targets,
      intervalsMs,
      itemsPerCall: limits.itemsPerCall,
      timestamps: timestampsFor(made.looks),
      legacy,
      log,
      subscribing: (group) => ledger.interrupted(interruption, group),
      inheriting: () => {
        this.#inherits = true;
      },
      allTaken: () => delivery.trouble === undefined,
    });
    this.#feeds = feeds;
    this.#items = items;
    this.#note(compareGranted(granted, items, source), items);
    this.#endEventGaps(targets);
    this.#startWatchdog(feeds);
    if (source.backfill) {
      this.#options.backfill.attach(session, historicSignals(plans, nodes), this.#calls);
    }
    this.#clockTimer = setInterval(() => void this.#readClock(session), CLOCK_INTERVAL_MS);
    this.#reportConnected();
  }

  async #createSession(): Promise<ClientSession> {
    return this.#client.createSession(await userIdentity(this.#options.source.user));
  }

  /** The link before's subscriptions, if this is still the server that has them. */
  #comparedWith(status: ServerStatus): Legacy | undefined {
    const { legacy, ledger } = this.#options;
    const previousOffsetMs = this.#status?.clockOffsetMs ?? ledger.serverOffsetMs;
    this.#status = status;
    this.#noteOffset(previousOffsetMs, status.clockOffsetMs);
    if (legacy === undefined || hasRestarted(legacy.startedAtMs, status.startedAtMs)) return undefined;
    return legacy.namespaces.join('\n') === status.namespaces.join('\n') ? legacy : undefined;
  }

  #interruption(status: ServerStatus): GapCause {
    const { legacy } = this.#options;
    return legacy !== undefined && hasRestarted(legacy.startedAtMs, status.startedAtMs)
      ? 'server-restarted'
      : 'subscription-recreated';
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

  async #readClock(session: RawSession): Promise<void> {
    if (this.#ended || this.#client.isReconnecting) return;
    try {
      const status = await this.#calls.run(() => readServerStatus(session));
      if (this.#ended) return;
      if (hasRestarted(this.#status?.startedAtMs, status.startedAtMs)) this.#lose('the server has restarted');
      this.#noteOffset(this.#status?.clockOffsetMs, status.clockOffsetMs);
      this.#status = { ...status, startedAtMs: this.#status?.startedAtMs };
    } catch {
      // The connection is being repaired, or the watchdog ends it.
    }
  }

  #makeIntake(
    session: RawSession,
    reader: NotificationReader,
    calls: LinkCalls,
    targets: readonly MonitoredTarget[],
  ): NotificationIntake {
    const { ledger, delivery, metrics, log } = this.#options;
    const resync = new Resync({
      session,
      calls: this.#calls,
      targets,
      ledger,
      reader,
      deliver: (samples) => this.#deliver(samples),
      isCurrent: () => !this.#ended && !this.#client.isReconnecting,
    });
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
      delivered: (samples) => this.#delivered(samples, calls),
      heard: (feed) => this.#heard(feed),
      paused: (paused) => this.#watchdog?.setPaused(paused),
      lost: (group) => {
        ledger.lost('connection-lost', group);
        resync.ask(group);
      },
      failed: (reason) => this.#end(reason),
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

  #delivered(samples: readonly Sample[], calls: LinkCalls): void {
    const { ledger, backfill } = this.#options;
    backfill.add(ledger.takeClosed());
    if (calls.hasTriggers) calls.triggeredBy(samples);
  }

  #note(granted: Granted, items: readonly GrantedItem[]): void {
    const { source, metrics, log } = this.#options;
    this.#granted = granted;
    metrics.revisedItems = granted.revisedItems;
    for (const { target, samplingMs, queueSize } of items) {
      for (const { track } of target.signals) {
        track.samplingMs = samplingMs;
        track.queueSize = queueSize;
      }
    }
    const less = [...granted.reasons, ...granted.remarks];
    if (less.length === 0) return;
    log.warn({ event: 'opcua.revised', items: granted.revisedItems }, less.join('; '));
    if (source.strict) {
      throw new CodedError(
        'E_OPCUA_REVISED',
        `${source.endpoint} grants less than asked: ${less.join('; ')}`,
      );
    }
  }

  /** Events that come from now on are notified: those that may be missing came before. */
  #endEventGaps(targets: readonly MonitoredTarget[]): void {
    const nowMs = steadyNowMs() + (this.#status?.clockOffsetMs ?? 0);
    for (const { eventFilter, signals } of targets) {
      if (eventFilter === undefined) continue;
      for (const { track } of signals) this.#options.ledger.ended(track, nowMs);
    }
    this.#deliver([]);
  }

  #startWatchdog(feeds: readonly SubscriptionFeed[]): void {
    if (feeds.length === 0) return;
    this.#watchdog = new Watchdog(
      feeds.map(({ subscriptionId }) => subscriptionId),
      {
        silenceMs: Math.max(
          SMALLEST_SILENCE_MS,
          3 * Math.max(...feeds.map(({ keepAliveMs }) => keepAliveMs)),
        ),
        reachable: () => this.#isReachable(),
        fire: () => {
          this.#isSilent = true;
          this.#end('the server answers, but the subscription is silent');
        },
      },
    );
  }

  #listen(session: RawSession): void {
    const { trust, metrics } = this.#options;
    session.on('session_closed', (status) => this.#end(`the session ended: ${status.name}`));
    session.on('session_restored', () => {
      metrics.repairs += 1;
      void this.#readClock(session);
    });
    this.#client.on('connection_lost', () => this.#reportRepairing('the connection is lost'));
    this.#client.on('backoff', (count) => {
      this.#reportRepairing(trust.refusal?.message ?? `connecting again, attempt ${count + 1}`);
    });
    this.#client.on('close', () => this.#end('the connection is closed'));
    // The hook is on every client of the library, and in none of its public types. It runs when the server knows the
    // session no more, in a new session: a server that was started anew has nothing to be taken over, and nodes may
    // have got other namespace indices.
    const hooked = this.#client as unknown as {
      beforeSubscriptionRecreate: (session: ClientSession) => Promise<Error | undefined>;
    };
    hooked.beforeSubscriptionRecreate = async (repaired) => {
      const status = await readServerStatus(repaired);
      const before = this.#status;
      const isSame =
        before !== undefined &&
        !hasRestarted(before.startedAtMs, status.startedAtMs) &&
        before.namespaces.join('\n') === status.namespaces.join('\n');
      if (isSame) return undefined;
      this.#lose('the server has restarted');
      return new Error('the server has restarted');
    };
  }

  /** The subscriptions are gone: the library must not look for them any more. */
  #lose(reason: string): void {
    for (const feed of this.#feeds) feed.unregister();
    this.#end(`the server has lost the subscription: ${reason}`);
  }

  /** Any message is a sign of life, also where the library never reports that it repaired the connection. */
  #heard({ subscriptionId }: SubscriptionFeed): void {
    this.#watchdog?.heard(subscriptionId);
    if (this.#repairing !== undefined && !this.#client.isReconnecting) this.#reportConnected();
  }

  #reportRepairing(reason: string): void {
    if (this.#ended) return;
    this.#repairing = reason;
    this.#options.changed('connecting', reason);
  }

  #reportConnected(): void {
    const reader = this.#reader;
    if (this.#ended || reader === undefined) return;
    this.#repairing = undefined;
    const reasons = [...(this.#granted?.reasons ?? [])];
    if (reader.unreadable.size > 0) {
      reasons.push(`no number, text or array of numbers: ${[...reader.unreadable].join(', ')}`);
    }
    const { minimumBridgeSeconds } = this.#options.source;
    const measured = this.#measuredBridgeSeconds;
    if (measured !== undefined && measured < minimumBridgeSeconds && !this.#promisesLess) {
      reasons.push(`the queues are enough for ${measured} s only at the rate at which values come`);
    }
    const reason = reasons.join('; ');
    this.#options.changed('connected', ...(reason === '' ? [] : [reason]));
  }

  /** Whether the reasons say already that the queues are too short. */
  get #promisesLess(): boolean {
    const { bridgeSeconds: promised = Number.POSITIVE_INFINITY } = this.#granted?.figures ?? {};
    return promised < this.#options.source.minimumBridgeSeconds;
  }

  async #isReachable(): Promise<boolean> {
    const { source, identity, trust, signal } = this.#options;
    try {
      await getEndpoints({ endpointUrl: source.endpoint, identity, trust }, signal);
      return true;
    } catch {
      return false;
    }
  }
}

/** Some servers work the time out anew at each question. */
function hasRestarted(beforeMs: number | undefined, nowMs: number | undefined): boolean {
  return beforeMs !== undefined && nowMs !== undefined && Math.abs(nowMs - beforeMs) > LARGE_OFFSET_MS;
}
