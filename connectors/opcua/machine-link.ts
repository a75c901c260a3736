import type { OPCUAClient } from 'node-opcua-client';
import { beforeRecreate } from './before-recreate.ts';
import { planFlow } from './flow-plan.ts';
import { guardSession, type RawSession } from './guarded-session.ts';
import type { LinkOptions } from './link-options.ts';
import { LinkReport } from './link-report.ts';
import type { Legacy } from './link-subscriptions.ts';
import { OneCall } from './one-call.ts';
import { connect, isReachable } from './open-client.ts';
import { readServerStatus } from './server-status.ts';
import { ServerWatch } from './server-watch.ts';
import type { SubscriptionFeed } from './subscription-feed.ts';
import { makeTrustedClient } from './trusted-client.ts';
import { userIdentity } from './user-identity.ts';
import { ValueFlow } from './value-flow.ts';
import { Watchdog } from './watchdog.ts';
import { within } from './within.ts';

const SMALLEST_SILENCE_MS = 5_000;
const CLOSE_TIMEOUT_MS = 2_000;
const STEP_TIMEOUT_MS = 20_000;

/**
 * One client with its session and subscriptions. The library repairs it after a cut (same session, lost notifications
 * sent again); where that does not help, `ended` says why, and a new link is needed, which takes over the subscriptions
 * where the server still has them.
 */
export class MachineLink {
  readonly #options: LinkOptions;
  readonly #client: OPCUAClient;
  readonly #calls = new OneCall();
  readonly #server: ServerWatch;
  readonly #report: LinkReport;
  #session: RawSession | undefined;
  /** Known from the first subscription on. */
  #flow: ValueFlow | undefined;
  #watchdog: Watchdog | undefined;
  #ended = false;
  #inherits = false;
  #isSilent = false;
  #end: (reason: string) => void = () => undefined;
  /** Resolves with the reason when the link is of no further use. */
  readonly ended: Promise<string>;

  private constructor(options: LinkOptions, client: OPCUAClient) {
    const { ledger, log, legacy } = options;
    this.#options = options;
    this.#client = client;
    this.#report = new LinkReport(options, () => this.#flow?.unreadable ?? new Set());
    this.#server = new ServerWatch({
      ledger,
      log,
      legacy,
      calls: this.#calls,
      isCurrent: () => this.#isCurrent,
      restarted: () => this.#lose('the server has restarted'),
    });
    this.ended = new Promise((resolve) => {
      this.#end = (reason) => {
        this.#ended = true;
        this.#flow?.end();
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
    const { signal } = options;
    const endpointUrl = options.source.endpoint;
    const client = await makeTrustedClient(options);
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
    const { status } = this.#server;
    const subscribed = this.#flow?.subscribed;
    if (status === undefined || subscribed === undefined) return undefined;
    return { startedAtMs: status.startedAtMs, namespaces: status.namespaces, ...subscribed };
  }

  /** What was granted and measured. */
  get figures(): Readonly<Record<string, number>> {
    const { clockOffsetMs } = this.#server.status ?? {};
    return {
      ...this.#report.figures,
      ...(clockOffsetMs === undefined ? {} : { clockOffsetMs: Math.round(clockOffsetMs) }),
    };
  }

  /** Compares the queues with the rates of the last seconds. */
  measure(seconds: number): void {
    if (!this.#ended) this.#report.measure(seconds);
  }

  /**
   * Ends session and connection; at most about 6 s, whatever the server does.
   * @param keeps whether the subscriptions stay at the server, for the next link.
   */
  async close(keeps = false): Promise<void> {
    this.#end('closed');
    this.#watchdog?.stop();
    this.#flow?.close();
    this.#server.stop();
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

  get #isCurrent(): boolean {
    return !this.#ended && !this.#client.isReconnecting;
  }

  async #start(): Promise<void> {
    const created = await this.#client.createSession(await userIdentity(this.#options.source.user));
    const session = guardSession(created, {
      publishing: ({ moreNotifications }) => {
        if (this.#flow !== undefined) this.#flow.moreNotifications = moreNotifications;
      },
      subscriptionsLost: (reason) => this.#lose(reason),
    });
    this.#session = session;
    const status = await readServerStatus(session);
    const legacy = this.#server.begin(status);
    this.#listen(session);
    const context = {
      session,
      calls: this.#calls,
      server: this.#server,
      isCurrent: () => this.#isCurrent,
      heard: (feed: SubscriptionFeed) => this.#heard(feed),
      paused: (paused: boolean) => this.#watchdog?.setPaused(paused),
      inheriting: () => {
        this.#inherits = true;
      },
      failed: (reason: string) => this.#end(reason),
    };
    const plan = await planFlow(this.#options, session, status.namespaces, legacy);
    const flow = new ValueFlow(this.#options, context, plan);
    this.#flow = flow;
    // What was closed meanwhile takes nothing any more.
    if (this.#ended) flow.end();
    const { granted, items } = await flow.subscribe();
    this.#report.note(granted, items);
    flow.begin();
    this.#startWatchdog(flow.feeds);
    this.#server.start(session);
    this.#reportConnected();
  }

  #startWatchdog(feeds: readonly SubscriptionFeed[]): void {
    if (feeds.length === 0) return;
    const { source, identity, trust, signal } = this.#options;
    this.#watchdog = new Watchdog(
      feeds.map(({ subscriptionId }) => subscriptionId),
      {
        silenceMs: Math.max(
          SMALLEST_SILENCE_MS,
          3 * Math.max(...feeds.map(({ keepAliveMs }) => keepAliveMs)),
        ),
        reachable: () => isReachable({ endpointUrl: source.endpoint, identity, trust }, signal),
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
      void this.#server.look(session);
    });
    this.#client.on('connection_lost', () => this.#reportRepairing('the connection is lost'));
    this.#client.on('backoff', (count) => {
      this.#reportRepairing(trust.refusal?.message ?? `connecting again, attempt ${count + 1}`);
    });
    this.#client.on('close', () => this.#end('the connection is closed'));
    beforeRecreate(this.#client, async (repaired) => {
      if (this.#server.isStill(await readServerStatus(repaired))) return undefined;
      this.#lose('the server has restarted');
      return new Error('the server has restarted');
    });
  }

  /** The subscriptions are gone: the library must not look for them any more. */
  #lose(reason: string): void {
    for (const feed of this.#flow?.feeds ?? []) feed.unregister();
    this.#end(`the server has lost the subscription: ${reason}`);
  }

  /** Any message is a sign of life, also where the library never reports that it repaired the connection. */
  #heard({ subscriptionId }: SubscriptionFeed): void {
    this.#watchdog?.heard(subscriptionId);
    if (this.#report.isRepairing && !this.#client.isReconnecting) this.#reportConnected();
  }

  #reportRepairing(reason: string): void {
    if (!this.#ended) this.#report.repairing(reason);
  }

  #reportConnected(): void {
    if (!this.#ended) this.#report.connected();
  }
}
