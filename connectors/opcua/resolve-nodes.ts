import { AttributeIds, type ClientSession, type NodeId, StatusCodes } from 'node-opcua-client';
import { CodedError, type Fault } from '../../runtime/errors.ts';
import { isBrowsePath, parseNodeAddress } from './node-address.ts';
import { translatePaths } from './translate-paths.ts';

const NODES_A_READ = 500;

/** The node of a signal at the server that it was resolved for. */
export interface SignalNode {
  readonly signal: string;
  readonly nodeId: NodeId;
}

/**
 * Finds the nodes of signals. Namespace indices are the server's to change at every start, so a node is configured by
 * namespace URI and resolved anew at each connect.
 * @param addresses node (`nsu=URI;s=NAME`, `i=2258` for namespace 0) or browse path (`/nsu=URI;NAME/…`) of each signal.
 * @throws CodedError `E_OPCUA_NODE` with all signals that have no node.
 */
export async function resolveNodes(
  session: ClientSession,
  namespaces: readonly string[],
  addresses: ReadonlyMap<string, string>,
): Promise<SignalNode[]> {
  const { nodes, faults } = await findNodes(session, namespaces, addresses);
  if (faults.length === 0) return nodes;
  throw new CodedError(
    'E_OPCUA_NODE',
    `${faults.length} of ${addresses.size} signals have no node at the server: ${faults.map(({ path }) => path).join(', ')}`,
    { faults },
  );
}

/** The same without an exception: the nodes that are there, and a fault for each signal without one. */
export async function findNodes(
  session: ClientSession,
  namespaces: readonly string[],
  addresses: ReadonlyMap<string, string>,
): Promise<{ readonly nodes: SignalNode[]; readonly faults: Fault[] }> {
  const faults: Fault[] = [];
  const nodes: SignalNode[] = [];
  const entries = [...addresses];
  const paths = entries.filter(([, address]) => isBrowsePath(address));
  const translated = await translatePaths(
    session,
    namespaces,
    paths.map(([, path]) => path),
  );
  const ofPaths = new Map(paths.map(([signal], index) => [signal, translated[index]]));
  for (const [signal, address] of entries) {
    const nodeId = ofPaths.get(signal) ?? parseNodeAddress(address, namespaces);
    if (typeof nodeId === 'string') faults.push({ path: signal, message: nodeId });
    else nodes.push({ signal, nodeId });
  }
  const present: SignalNode[] = [];
  for (let start = 0; start < nodes.length; start += NODES_A_READ) {
    const part = nodes.slice(start, start + NODES_A_READ);
    const values = await session.read(
      part.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.NodeClass })),
    );
    for (const [index, node] of part.entries()) {
      const statusCode = values[index]?.statusCode ?? StatusCodes.BadNodeIdUnknown;
      if (statusCode.isGood()) {
        present.push(node);
        continue;
      }
      const missing = statusCode.equals(StatusCodes.BadNodeIdUnknown);
      faults.push({
        path: node.signal,
        message: `${addresses.get(node.signal)} ${missing ? 'is no node of the server' : `cannot be read: ${statusCode.name}`}`,
      });
    }
  }
  return { nodes: present, faults };
}
