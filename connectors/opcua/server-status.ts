import { AttributeIds, type ClientSession, VariableIds } from 'node-opcua-client';

/** What a server says of itself. */
export interface ServerStatus {
  /** Undefined where it does not tell. */
  readonly startedAtMs: number | undefined;
  /** The server's clock less ours, by half of the round trip too much or too little at most. */
  readonly clockOffsetMs: number | undefined;
  readonly namespaces: readonly string[];
}

/** A time of ours that nobody sets, in milliseconds since 1970. */
export function steadyNowMs(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * Reads when the server started, its time and its namespaces, past every cache.
 * @throws Error if it has no namespaces.
 */
export async function readServerStatus(session: ClientSession): Promise<ServerStatus> {
  const askedAtMs = steadyNowMs();
  const [started, current, namespaces] = await session.read([
    value(VariableIds.Server_ServerStatus_StartTime),
    value(VariableIds.Server_ServerStatus_CurrentTime),
    value(VariableIds.Server_NamespaceArray),
  ]);
  const answeredAtMs = steadyNowMs();
  const uris: unknown = namespaces?.value.value;
  if (!Array.isArray(uris) || !uris.every((uri) => typeof uri === 'string')) {
    throw new Error('the server has no namespace array');
  }
  const currentMs = timeOf(current?.value.value);
  return {
    startedAtMs: timeOf(started?.value.value),
    clockOffsetMs: currentMs === undefined ? undefined : currentMs - (askedAtMs + answeredAtMs) / 2,
    namespaces: uris,
  };
}

function value(identifier: number): { nodeId: string; attributeId: AttributeIds } {
  return { nodeId: `i=${identifier}`, attributeId: AttributeIds.Value };
}

function timeOf(time: unknown): number | undefined {
  return time instanceof Date ? time.getTime() : undefined;
}
