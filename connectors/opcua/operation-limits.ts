import { type ClientSession, readOperationLimits } from 'node-opcua-client';

/** How much one call may ask for: what the server says, and never more than a small PLC digests. */
export interface OperationLimits {
  readonly nodesPerRead: number;
  readonly itemsPerCall: number;
}

const MOST_NODES_A_READ = 500;
const MOST_ITEMS_A_CALL = 1_000;

/** Reads the limits of a server; one that does not tell has ours. */
export async function operationLimits(session: ClientSession): Promise<OperationLimits> {
  const limits = await readOperationLimits(session).catch(() => ({}) as Record<string, number | undefined>);
  return {
    nodesPerRead: smallest(MOST_NODES_A_READ, limits.maxNodesPerRead),
    itemsPerCall: smallest(MOST_ITEMS_A_CALL, limits.maxMonitoredItemsPerCall),
  };
}

/** 0 and absence mean that there is no limit (OPC UA Part 5, 6.3.11). */
function smallest(ours: number, theirs: number | undefined): number {
  return theirs === undefined || theirs === null || theirs <= 0 ? ours : Math.min(ours, theirs);
}

/** The parts in which a list is asked for. */
export function partsOf<Part>(list: readonly Part[], size: number): Part[][] {
  const parts: Part[][] = [];
  for (let start = 0; start < list.length; start += size) parts.push(list.slice(start, start + size));
  return parts;
}
