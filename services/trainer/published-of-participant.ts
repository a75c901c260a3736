import type { OpcuaSource, Schemas, TrainerFile } from '../../openapi/schemas.ts';

type TrainerParticipant = TrainerFile['participants'][number];

/**
 * What the trainer file lets the AAS show of a participant's machine; undefined if it lets nothing. The one place that
 * decides about it: endpoint and NodeIds only with `publishInterface`, user and password never.
 */
export function publishedOfParticipant({
  nameplate,
  source: { opcua },
}: TrainerParticipant): Schemas['PublishedOfParticipant'] | undefined {
  const signals = publishedSignals(opcua);
  if (signals.length === 0 && nameplate === undefined) return undefined;
  return {
    ...(opcua !== undefined &&
      signals.length > 0 && {
        interface: {
          endpoint: withoutCredentials(opcua.endpoint),
          securityMode: opcua.securityMode,
          userIdentityToken: tokenOf(opcua.user),
          signals,
        },
      }),
    ...(nameplate !== undefined && { nameplate }),
  };
}

function tokenOf(user: OpcuaSource['user']): Schemas['MachineInterface']['userIdentityToken'] {
  if (user === undefined) return 'Anonymous';
  return user.certificate === undefined ? 'UserName' : 'Certificate';
}

/** Signals that are variables with a NodeId: what an interface description can say. */
function publishedSignals(opcua: OpcuaSource | undefined): Schemas['MachineInterface']['signals'] {
  if (opcua?.publishInterface !== true) return [];
  return Object.entries(opcua.signals).flatMap(([name, { node }]) =>
    node === undefined ? [] : [{ name, node }],
  );
}

/** Somebody may have written a password into the address. */
function withoutCredentials(endpoint: string): string {
  return endpoint.replace(/^(opc\.tcp:\/\/)[^/@]*@/, '$1');
}
