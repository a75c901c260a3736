import type { Schemas, TrainerFile } from '../../openapi/schemas.ts';

type TrainerParticipant = TrainerFile['participants'][number];

/**
 * What the trainer file lets the AAS show of a participant's machine; undefined if it lets nothing. The one place that
 * decides about it: endpoint and NodeIds only with `publishInterface`, user and password never.
 */
export function publishedOfParticipant({
  nameplate,
  source: { opcua },
}: TrainerParticipant): Schemas['PublishedOfParticipant'] | undefined {
  if (opcua?.publishInterface !== true && nameplate === undefined) return undefined;
  return {
    ...(opcua?.publishInterface === true && {
      interface: {
        endpoint: withoutCredentials(opcua.endpoint),
        securityMode: opcua.securityMode ?? 'SignAndEncrypt',
        userIdentityToken: opcua.user === undefined ? ('Anonymous' as const) : ('UserName' as const),
        signals: Object.entries(opcua.signals).map(([name, { node }]) => ({ name, node })),
      },
    }),
    ...(nameplate !== undefined && { nameplate }),
  };
}

/** Somebody may have written a password into the address. */
function withoutCredentials(endpoint: string): string {
  return endpoint.replace(/^(opc\.tcp:\/\/)[^/@]*@/, '$1');
}
