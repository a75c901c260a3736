import { TimestampsToReturn } from 'node-opcua-client';
import type { Log } from '../../runtime/log.ts';
import type { GrantedFeed } from './granted.ts';
import { type RawSession, republish } from './guarded-session.ts';
import type { GrantedItem } from './monitored-target.ts';
import type { NotificationIntake } from './notification-intake.ts';
import type { PublishPlan } from './publish-groups.ts';
import { createItems, createSubscription } from './subscribe.ts';
import { SubscriptionFeed } from './subscription-feed.ts';

/** What a link leaves to the next one: subscriptions that may still be there. */
export interface Legacy {
  readonly startedAtMs: number | undefined;
  readonly namespaces: readonly string[];
  readonly feeds: readonly SubscriptionFeed[];
  readonly items: readonly GrantedItem[];
  readonly plan: PublishPlan;
}

interface SubscribeOptions {
  readonly session: RawSession;
  readonly intake: NotificationIntake;
  readonly plan: PublishPlan;
  readonly itemsPerCall: number;
  readonly timestamps: TimestampsToReturn;
  readonly legacy: Legacy | undefined;
  readonly log: Log;
  /** A group gets a new subscription; called before its first value. */
  readonly subscribing: (group: string) => void;
  /** A subscription of the link before is ours now. */
  readonly inheriting: () => void;
  /** Whether everything that arrived has been taken. */
  readonly allTaken: () => boolean;
}

/** The subscriptions of a session, and what was granted. */
export interface Subscriptions {
  readonly feeds: readonly SubscriptionFeed[];
  readonly granted: readonly GrantedFeed[];
  readonly items: readonly GrantedItem[];
}

/** Gets each group its subscription: the one of the link before if the server lets us have it, else a new one. */
export async function subscribe(options: SubscribeOptions): Promise<Subscriptions> {
  const { session, intake, plan, legacy, subscribing } = options;
  const inherited =
    legacy === undefined ? new Map<string, SubscriptionFeed>() : await inherit(options, legacy);
  const engine = session.getPublishEngine();
  const feeds: SubscriptionFeed[] = [];
  const items: GrantedItem[] = [];
  const granted: GrantedFeed[] = [];
  for (const [group, asked] of plan.groups) {
    const old = inherited.get(group);
    let feed = old;
    if (feed === undefined) {
      subscribing(group);
      feed = new SubscriptionFeed(group, await createSubscription(session, asked), (message, from) =>
        intake.take(message, from),
      );
    }
    feeds.push(feed);
    feed.register(engine);
    granted.push({
      group,
      askedIntervalMs: asked.intervalMs,
      publishingInterval: feed.publishingInterval,
      lifetimeCount: feed.lifetimeCount,
    });
    items.push(
      ...(old === undefined
        ? await createItems(
            session,
            feed.subscriptionId,
            plan.targets.filter((target) => target.group === group),
            options,
          )
        : (legacy?.items ?? []).filter(({ target }) => target.group === group)),
    );
  }
  return { feeds, granted, items };
}

/** Takes over the subscriptions of the link before, and what they have sent to nobody. */
async function inherit(
  { session, intake, log, allTaken, inheriting }: SubscribeOptions,
  { feeds }: Legacy,
): Promise<Map<string, SubscriptionFeed>> {
  const inherited = new Map<string, SubscriptionFeed>();
  if (feeds.length === 0) return inherited;
  const subscriptionIds = feeds.map(({ subscriptionId }) => subscriptionId);
  try {
    const { results } = await session.transferSubscriptions({ subscriptionIds, sendInitialValues: false });
    for (const [index, old] of feeds.entries()) {
      const result = results?.[index];
      if (result === undefined || result.statusCode.isNotGood()) continue;
      old.inheritedBy((message, from) => intake.take(message, from));
      inherited.set(old.group, old);
      inheriting();
      if (old.lastSequenceNumber > 0) intake.continueFrom(old.subscriptionId, old.lastSequenceNumber);
      await takeUnsent(session, old, [...(result.availableSequenceNumbers ?? [])], allTaken());
    }
  } catch (thrown) {
    log.debug({ event: 'opcua.transfer.refused', subscriptionIds }, String(thrown));
  }
  return inherited;
}

/** Fetches the notifications that the server has sent and that never arrived, in their order. */
async function takeUnsent(
  session: RawSession,
  feed: SubscriptionFeed,
  available: readonly number[],
  acknowledges: boolean,
): Promise<void> {
  const { subscriptionId, lastSequenceNumber } = feed;
  const isReceived = (number: number) =>
    number <= lastSequenceNumber && lastSequenceNumber - number < 2 ** 31;
  for (const sequenceNumber of available.filter(isReceived)) {
    if (acknowledges) session.getPublishEngine().acknowledge_notification(subscriptionId, sequenceNumber);
  }
  const missing = available.filter((number) => !isReceived(number)).sort((a, b) => a - b);
  for (const sequenceNumber of missing) {
    const message = await republish(session, subscriptionId, sequenceNumber).catch(() => undefined);
    // The hole that remains shows in the numbers.
    if (message !== undefined) feed.onNotificationMessage(message);
  }
}

/** Timestamps to ask for: the source's alone, which costs half of both, where every value has one. */
export function timestampsFor(looks: readonly { lacksSourceTime: boolean }[]): TimestampsToReturn {
  return looks.some(({ lacksSourceTime }) => lacksSourceTime)
    ? TimestampsToReturn.Both
    : TimestampsToReturn.Source;
}
