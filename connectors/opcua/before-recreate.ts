import type { ClientSession, OPCUAClient } from 'node-opcua-client';

/**
 * Is asked when the server knows the session no more, in a new session, before the library takes over or recreates
 * subscriptions: a server that was started anew has nothing to be taken over, and nodes may have got other namespace
 * indices.
 * @param refusal why the library must not go on; undefined if it may.
 */
export function beforeRecreate(
  client: OPCUAClient,
  refusal: (session: ClientSession) => Promise<Error | undefined>,
): void {
  // The hook is on every client of the library, and in none of its public types.
  const hooked = client as unknown as { beforeSubscriptionRecreate: typeof refusal };
  hooked.beforeSubscriptionRecreate = refusal;
}
