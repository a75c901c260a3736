import { AttributeIds, type ClientSession, coerceNodeId, type NodeId, StatusCodes } from 'node-opcua-client';
import { CodedError, type Fault } from '../../runtime/errors.ts';

const NODES_A_READ = 500;

/** The node of a signal at the server that it was resolved for. */
export interface SignalNode {
  readonly signal: string;
  readonly nodeId: NodeId;
}

/**
 * Finds the nodes of signals. Namespace indices are the server's to change at every start, so a node is configured by
 * namespace URI and resolved anew at each connect.
 * @param addresses node of each signal, `nsu=URI;s=NAME` or `i=2258` for namespace 0.
 * @throws CodedError `E_OPCUA_NODE` with all signals that have no node.
 */
export async function resolveNodes(
  session: ClientSession,
  namespaces: readonly string[],
  addresses: ReadonlyMap<string, string>,
): Promise<SignalNode[]> {
  const faults: Fault[] = [];
  const nodes: SignalNode[] = [];
  for (const [signal, address] of addresses) {
    const nodeId = parseAddress(address, namespaces);
    if (typeof nodeId === 'string') faults.push({ path: signal, message: nodeId });
    else nodes.push({ signal, nodeId });
  }
  for (let start = 0; start < nodes.length; start += NODES_A_READ) {
    const part = nodes.slice(start, start + NODES_A_READ);
    const values = await session.read(
      part.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.NodeClass })),
    );
    values.forEach(({ statusCode }, index) => {
      const signal = part[index]?.signal ?? '';
      if (statusCode.isGood()) return;
      const missing = statusCode.equals(StatusCodes.BadNodeIdUnknown);
      faults.push({
        path: signal,
        message: `${addresses.get(signal)} ${missing ? 'is no node of the server' : `cannot be read: ${statusCode.name}`}`,
      });
    });
  }
  if (faults.length > 0) {
    throw new CodedError(
      'E_OPCUA_NODE',
      `${faults.length} of ${addresses.size} signals have no node at the server: ${faults.map(({ path }) => path).join(', ')}`,
      { faults },
    );
  }
  return nodes;
}

function parseAddress(address: string, namespaces: readonly string[]): NodeId | string {
  const match = /^(?:nsu=(?<uri>[^;]+);)?(?<identifier>[sigb]=.+)$/s.exec(address);
  const identifier = match?.groups?.['identifier'];
  if (identifier === undefined) return `${address} is not of the form nsu=URI;s=NAME`;
  const uri = match?.groups?.['uri'];
  const index = uri === undefined ? 0 : namespaces.indexOf(uri);
  if (index < 0) return `the server has no namespace ${uri}; it has ${namespaces.join(', ')}`;
  try {
    return coerceNodeId(`ns=${index};${identifier}`);
  } catch {
    return `${address} has no valid identifier`;
  }
}
