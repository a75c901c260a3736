import type { ClientSession, ClientSubscription, OPCUAClient } from 'node-opcua-client';
import { AttributeIds, UserTokenType } from 'node-opcua-client';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import type { Log } from '../../runtime/log.ts';
import { readSecret } from '../../runtime/read-secret.ts';
import { chooseEndpoint } from './choose-endpoint.ts';
import type { Delivery } from './delivery.ts';
import type { GapLedger } from './gap-ledger.ts';
import type { Identity } from './identity.ts';
import { NotificationIntake } from './notification-intake.ts';
import { connect, getEndpoints, makeClient } from './open-client.ts';
import { NotificationReader } from './read-notification.ts';
import { resolveNodes } from './resolve-nodes.ts';
import { type SubscriptionRequest, worseThanAsked } from './revised.ts';
import { createSubscription, monitorNodes } from './subscribe.ts';
import type { Trust } from './trust.ts';
import { Watchdog } from './watchdog.ts';
import { within } from './within.ts';

const NAMESPACE_ARRAY = 'i=2255';
const LIFETIME_MS = 600_000;
const SMALLEST_SILENCE_MS = 5_000;
const CLOSE_TIMEOUT_MS = 2_000;
const STEP_TIMEOUT_MS = 20_000;

interface LinkOptions {
  readonly source: OpcuaSource;
  /** Node of each signal, as configured. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly identity: Identity;
  readonly trust: Trust;
  readonly ledger: GapLedger;
  readonly delivery: Delivery;
  readonly log: Log;
  /** Ends the opening. */
  readonly signal: AbortSignal;
  /** The connection is there, or is being repaired for the reason. */
  readonly changed: (state: 'connected' | 'connecting', reason?: string) => void;
}

/**
 * One client with its session and subscription. The library repairs it after a cut (same session, lost notifications
 * sent again) or a restart of the server; where that does not help, `ended` says why, and a new link is needed.
 */
export class MachineLink {
  readonly #options: LinkOptions;
  readonly #client: OPCUAClient;
  readonly #request: SubscriptionRequest;
  #session: ClientSession | undefined;
  #subscription: ClientSubscription | undefined;
  #reader: NotificationReader | undefined;
  #watchdog: Watchdog | undefined;
  #namespaces: readonly string[] = [];
  #repairing: string | undefined;
  #ended = false;
  #isSilent = false;
  #end: (reason: string) => void = () => undefined;
  /** Resolves with the reason when the link is of no further use. */
  readonly ended: Promise<string>;

  private constructor(options: LinkOptions, client: OPCUAClient) {
    this.#options = options;
    this.#client = client;
    this.#request = {
      publishingIntervalMs: options.source.publishingIntervalMs,
      queueSize: options.source.queueSize,
      lifetimeMs: LIFETIME_MS,
    };
    this.ended = new Promise((resolve) => {
      this.#end = (reason) => {
        this.#ended = true;
        resolve(reason);
      };
    });
  }

  /**
   * Connects, resolves the nodes and subscribes.
   * @throws CodedError `E_OPCUA_SECURITY`, `E_OPCUA_NODE`; or whatever the library throws for what may pass.
   */
  static async open(options: LinkOptions): Promise<MachineLink> {
    const { source, identity, trust, signal } = options;
    const endpointUrl = source.endpoint;
    const offered = await getEndpoints({ endpointUrl, identity, trust }, signal);
    const endpoint = chooseEndpoint(offered, source.securityMode);
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
      await link.close();
      throw thrown;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Ends subscription, session and connection; at most about 6 s, whatever the server does. */
  async close(): Promise<void> {
    this.#end('closed');
    this.#watchdog?.stop();
    const quietly = (work: Promise<unknown> | undefined) =>
      within(Promise.resolve(work), CLOSE_TIMEOUT_MS, 'closing').catch(() => undefined);
    // Nobody answers on a connection that is silent or away; the server ends session and subscription itself.
    if (this.#session !== undefined && !this.#isSilent && !this.#client.isReconnecting) {
      await quietly(this.#subscription?.terminate());
      await quietly(this.#session.close(true));
    }
    const disconnected = this.#client.disconnect();
    // A silent connection ends by its own time limits, which need not hold up the next one.
    if (this.#isSilent) disconnected.catch(() => undefined);
    else await quietly(disconnected);
  }

  async #start(): Promise<void> {
    const { source, addresses, ledger } = this.#options;
    const session = await this.#createSession();
    this.#session = session;
    this.#namespaces = await readNamespaces(session);
    const nodes = await resolveNodes(session, this.#namespaces, addresses);
    this.#reader = new NotificationReader(nodes, ledger);
    const subscription = await createSubscription(session, this.#request);
    this.#subscription = subscription;
    this.#listen(session, subscription, this.#reader);
    await monitorNodes(subscription, nodes, source.queueSize);
    const keepAliveMs = subscription.maxKeepAliveCount * subscription.publishingInterval;
    this.#watchdog = new Watchdog({
      silenceMs: Math.max(SMALLEST_SILENCE_MS, 3 * keepAliveMs),
      reachable: () => this.#isReachable(),
      fire: () => {
        this.#isSilent = true;
        this.#end('the server answers, but the subscription is silent');
      },
    });
    this.#reportConnected();
  }

  async #createSession(): Promise<ClientSession> {
    const { user } = this.#options.source;
    if (user === undefined) return this.#client.createSession();
    const password = await readSecret(user.password);
    return this.#client.createSession({ type: UserTokenType.UserName, userName: user.name, password });
  }

  #listen(session: ClientSession, subscription: ClientSubscription, reader: NotificationReader): void {
    const { log, ledger, trust } = this.#options;
    const intake = new NotificationIntake({
      ...this.#options,
      session,
      subscription,
      reader,
      paused: (paused) => this.#watchdog?.setPaused(paused),
      failed: (reason) => this.#end(reason),
    });
    void this.ended.then(() => intake.close());
    subscription.on('raw_notification', (message) => {
      if (this.#ended) return;
      const unreadable = reader.unreadable.size;
      intake.take(message);
      this.#heard(unreadable, reader);
    });
    subscription.on('subscriptionId_changed', (id, previousId) => {
      log.warn(
        { event: 'opcua.subscription.recreated', id, previousId },
        'the server had lost the subscription',
      );
      ledger.interrupted('subscription-recreated');
    });
    subscription.on('status_changed', (status) => this.#end(`the subscription ended: ${status.name}`));
    subscription.on('terminated', () => this.#end('the subscription ended'));
    session.on('session_closed', (status) => this.#end(`the session ended: ${status.name}`));
    session.on('session_restored', () => this.#checkRepaired(subscription));
    this.#client.on('connection_lost', () => this.#reportRepairing('the connection is lost'));
    this.#client.on('backoff', (count) => {
      this.#reportRepairing(trust.refusal?.message ?? `connecting again, attempt ${count + 1}`);
    });
    this.#client.on('close', () => this.#end('the connection is closed'));
    // The hook is on every client of the library, and in none of its public types. It runs when the server knows the
    // session no more; nodes may have got other namespace indices, and the old ones would name other signals.
    const hooked = this.#client as unknown as {
      beforeSubscriptionRecreate: (session: ClientSession) => Promise<Error | undefined>;
    };
    hooked.beforeSubscriptionRecreate = async (repaired) => {
      const namespaces = await readNamespaces(repaired);
      if (namespaces.join('\n') === this.#namespaces.join('\n')) return undefined;
      this.#end('the namespaces of the server have changed');
      return new Error('the namespaces of the server have changed');
    };
  }

  /** Any message is a sign of life, also where the library never reports that it repaired the connection. */
  #heard(unreadableBefore: number, reader: NotificationReader): void {
    this.#watchdog?.heard();
    const repaired = this.#repairing !== undefined && !this.#client.isReconnecting;
    if (repaired || reader.unreadable.size > unreadableBefore) this.#reportConnected();
  }

  #checkRepaired(subscription: ClientSubscription): void {
    const refused = Object.values(subscription.monitoredItems).find(({ statusCode }) =>
      statusCode.isNotGood(),
    );
    if (refused === undefined) this.#reportConnected();
    else this.#end(`${refused.itemToMonitor.nodeId} can no longer be monitored: ${refused.statusCode.name}`);
  }

  #reportRepairing(reason: string): void {
    if (this.#ended) return;
    this.#repairing = reason;
    this.#options.changed('connecting', reason);
  }

  #reportConnected(): void {
    const subscription = this.#subscription;
    const reader = this.#reader;
    if (this.#ended || subscription === undefined || reader === undefined) return;
    this.#repairing = undefined;
    const reasons = [worseThanAsked(subscription, this.#request, (nodeId) => reader.signalsOf(nodeId))];
    if (reader.unreadable.size > 0) {
      const signals = [...reader.unreadable].join(', ');
      reasons.push(`no number, text or array of numbers: ${signals}`);
    }
    const reason = reasons.filter((part) => part !== undefined).join('; ');
    this.#options.changed('connected', ...(reason === '' ? [] : [reason]));
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

/** Reads the server's namespaces, past every cache: they may differ after a restart. */
async function readNamespaces(session: ClientSession): Promise<string[]> {
  const { value } = await session.read({ nodeId: NAMESPACE_ARRAY, attributeId: AttributeIds.Value });
  const uris: unknown = value.value;
  if (Array.isArray(uris) && uris.every((uri) => typeof uri === 'string')) return uris;
  throw new Error('the server has no namespace array');
}
