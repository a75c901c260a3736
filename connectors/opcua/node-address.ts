import { coerceNodeId, type NodeId } from 'node-opcua-client';

/** A step of a browse path: the name of a node below the one before. */
export interface PathStep {
  /** Undefined for namespace 0. */
  readonly namespaceUri: string | undefined;
  readonly name: string;
}

/** Whether an address is a browse path, and not a node. */
export function isBrowsePath(address: string): boolean {
  return address.startsWith('/');
}

/**
 * The node of an address such as `nsu=urn:press;s=Wave`, or `i=2258` for namespace 0, with the index that the namespace
 * has at this server. `ns=4;…` is taken as it stands, for servers without a stable URI.
 * @returns why it is none, in words, for people.
 */
export function parseNodeAddress(address: string, namespaces: readonly string[]): NodeId | string {
  const match = /^(?:nsu=(?<uri>[^;]+);|ns=(?<index>\d+);)?(?<identifier>[sigb]=.+)$/s.exec(address);
  const identifier = match?.groups?.['identifier'];
  if (identifier === undefined) return `${address} is not of the form nsu=URI;s=NAME`;
  const { uri, index } = match?.groups ?? {};
  const number = uri === undefined ? Number(index ?? 0) : namespaces.indexOf(uri);
  if (number < 0) return `the server has no namespace ${uri}; it has ${namespaces.join(', ')}`;
  try {
    return coerceNodeId(`ns=${number};${identifier}`);
  } catch {
    return `${address} has no valid identifier`;
  }
}

/** The address of a node that stays the same when the server numbers its namespaces anew. */
export function nodeAddress(nodeId: NodeId, namespaces: readonly string[]): string {
  const identifier = nodeId.toString().replace(/^ns=\d+;/, '');
  const uri = namespaces[nodeId.namespace];
  return nodeId.namespace === 0 || uri === undefined ? identifier : `nsu=${uri};${identifier}`;
}

/**
 * The steps of a browse path from Objects, such as `/nsu=urn:press;Press 1/nsu=urn:press;Wave`; `&/` stands for a slash
 * in a name and `&&` for an ampersand (OPC UA Part 4, A.2).
 */
export function parseBrowsePath(path: string): PathStep[] {
  return splitPath(path).map((step) => {
    const match = /^nsu=(?<uri>[^;]+);(?<name>.+)$/s.exec(step);
    const { uri, name } = match?.groups ?? {};
    return { namespaceUri: uri, name: name ?? step };
  });
}

/** Writes steps as `parseBrowsePath` reads them. */
export function browsePath(steps: readonly PathStep[]): string {
  return steps
    .map(({ namespaceUri, name }) => {
      const written = name.replaceAll('&', '&&').replaceAll('/', '&/');
      return `/${namespaceUri === undefined ? '' : `nsu=${namespaceUri};`}${written}`;
    })
    .join('');
}

/**
 * The parts between the slashes. The slashes of a namespace URI such as http://press.example/UA/ need no `&`: it ends
 * at its semicolon.
 */
function splitPath(path: string): string[] {
  return [...path.matchAll(/\/(nsu=[^;]+;)?((?:&[/&]|[^/])+)/gs)].map(
    ([, uri = '', name = '']) => `${uri}${name.replace(/&([/&])/g, '$1')}`,
  );
}
