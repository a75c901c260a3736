import {
  type ClientSession,
  type ClientSessionPublishService,
  type ClientSessionRawSubscriptionService,
  type ClientSidePublishEngine,
  type NotificationMessage,
  type PublishResponse,
  RepublishRequest,
  type RepublishResponse,
  StatusCodes,
  type TransferSubscriptionsRequestOptions,
  type TransferSubscriptionsResponse,
} from 'node-opcua-client';

/** A session with the services that the library keeps to itself and that its class has. */
export type RawSession = ClientSession &
  ClientSessionPublishService &
  Omit<ClientSessionRawSubscriptionService, 'transferSubscriptions'> & {
    getPublishEngine(): ClientSidePublishEngine;
    transferSubscriptions(
      request: TransferSubscriptionsRequestOptions,
    ): Promise<TransferSubscriptionsResponse>;
  };

/** What a session tells that the library would deal with in its own way. */
export interface SessionEvents {
  /** A publish response is about to be handed to its subscription. */
  publishing(response: PublishResponse): void;
  /** The server does not know the subscriptions any more. */
  subscriptionsLost(reason: string): void;
}

type Transfer = (
  request: TransferSubscriptionsRequestOptions,
  callback?: (error: Error | null, response?: TransferSubscriptionsResponse) => void,
) => unknown;

/** Answers by which a server says that a subscription is gone, and the library would make another one. */
const LOST = /Bad(SubscriptionIdInvalid|NoSubscription)/;

/**
 * Takes over three services of a session at their border, so that the library's reconnect can do its part (a new channel
 * for the old session, lost notifications sent again) and no more:
 * - a lost subscription is told to us and never made anew behind our back;
 * - a Republish that is answered by anything but the notification asked for is the end of the series. asyncua answers
 *   every one with an empty notification, which the library would ask for without end;
 * - a transfer to a new session that fails is told to us, too.
 */
export function guardSession(session: ClientSession, events: SessionEvents): RawSession {
  // Every session is a ClientSessionImpl, which has these; the interface leaves them out.
  const raw = session as RawSession;
  const publish = raw.publish.bind(raw);
  const republish = raw.republish.bind(raw);
  // Without a callback it returns a promise, which is how we call it; the library calls it with one.
  const transfer: Transfer = raw.transferSubscriptions.bind(raw);
  raw.publish = (request, callback) => {
    publish(request, (error, response) => {
      if (error !== null && LOST.test(error.message)) events.subscriptionsLost(firstLine(error));
      if (response !== undefined) events.publishing(response);
      callback(error, response);
    });
  };
  raw.republish = (request, callback) => {
    republish(request, (error, response) => {
      if (error !== null && LOST.test(error.message)) {
        events.subscriptionsLost(firstLine(error));
        callback(new Error('BadMessageNotAvailable'));
      } else if (response !== undefined && !isWhatWasAsked(response, request.retransmitSequenceNumber)) {
        callback(new Error('BadMessageNotAvailable'));
      } else callback(error, response);
    });
  };
  const guarded: Transfer = (request, callback) => {
    if (callback === undefined) return transfer(request);
    return transfer(request, (error, response) => {
      const refused = response?.results?.find(({ statusCode }) => statusCode.isNotGood());
      if (error !== null) events.subscriptionsLost(firstLine(error));
      else if (refused !== undefined) events.subscriptionsLost(refused.statusCode.name);
      callback(error, response);
    });
  };
  // Both overloads in one: the type of the method cannot say so.
  raw.transferSubscriptions = guarded as RawSession['transferSubscriptions'];
  return raw;
}

function isWhatWasAsked(response: RepublishResponse, sequenceNumber: number | undefined): boolean {
  const { responseHeader, notificationMessage } = response;
  if (responseHeader.serviceResult.equals(StatusCodes.BadMessageNotAvailable)) return true;
  return (
    notificationMessage.sequenceNumber === sequenceNumber &&
    (notificationMessage.notificationData ?? []).length > 0
  );
}

function firstLine({ message }: Error): string {
  return message.split('\n')[0]?.trim() ?? '';
}

/**
 * Asks for a notification again.
 * @returns undefined if the server does not have it.
 * @throws Error for what may pass.
 */
export function republish(
  session: RawSession,
  subscriptionId: number,
  retransmitSequenceNumber: number,
): Promise<NotificationMessage | undefined> {
  const request = new RepublishRequest({ subscriptionId, retransmitSequenceNumber });
  return new Promise((resolve, reject) => {
    session.republish(request, (error, response) => {
      const status = response?.responseHeader.serviceResult;
      if (error === null && status?.isGood() === true) resolve(response?.notificationMessage);
      else if (/BadMessageNotAvailable/.test(`${error?.message} ${status?.name}`)) resolve(undefined);
      else reject(error ?? new Error(status?.name));
    });
  });
}
