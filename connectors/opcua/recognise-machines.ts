import type { NodeId } from 'node-opcua-client';
import type { FoundNode } from './browse-nodes.ts';

const MACHINERY = 'http://opcfoundation.org/UA/Machinery/';
const I4AAS = 'http://opcfoundation.org/UA/I4AAS/';
/** AASAssetAdministrationShellType of OPC 30270. */
const SHELL_TYPE = 1002;
const COMPANION = /^http:\/\/opcfoundation\.org\/UA\/(.+?)\/?$/;

/** A node that is a machine, with the nodes below it. */
export interface RecognisedMachine {
  readonly node: FoundNode;
  readonly kind: 'machinery' | 'i4aas' | 'object';
  /** Variables that say what it is. */
  readonly identification: readonly FoundNode[];
  /** Variables that may become signals. */
  readonly variables: readonly FoundNode[];
}

/** Names of the companion specifications among the namespaces, such as `Machinery` or `I4AAS`. */
export function companionNodesets(namespaces: readonly string[]): string[] {
  return namespaces.flatMap((uri) => COMPANION.exec(uri)?.[1] ?? []);
}

/** Finds out which nodes are machines and what belongs to each. Properties belong to none: they hardly change. */
export function recogniseMachines(
  nodes: readonly FoundNode[],
  namespaces: readonly string[],
): RecognisedMachine[] {
  const isOf = (nodeId: NodeId, uri: string) => namespaces[nodeId.namespace] === uri;
  const kinds = new Map<FoundNode, RecognisedMachine['kind']>();
  const identifications = new Map<FoundNode, FoundNode>();
  for (const node of nodes) {
    const { typeDefinition, parent, nodeClass } = node;
    if (nodeClass !== 'object') continue;
    if (isOf(typeDefinition, I4AAS) && typeDefinition.value === SHELL_TYPE) kinds.set(node, 'i4aas');
    const identifies = parent !== undefined && node.steps.at(-1)?.name === 'Identification';
    if (identifies && isOf(typeDefinition, MACHINERY)) kinds.set(parent, 'machinery');
    if (identifies) identifications.set(node, parent);
  }
  const machineOf = (node: FoundNode): FoundNode | undefined => {
    let top: FoundNode | undefined;
    for (let at: FoundNode | undefined = node.parent; at !== undefined; at = at.parent) {
      if (kinds.has(at)) return at;
      // What a nodeset brings along, such as the folder Machines, is no machine: what lies in it may be.
      if (!isOfNodeset(at, namespaces)) top = at;
    }
    return top;
  };
  const identificationOf = (node: FoundNode): FoundNode | undefined => {
    for (let at: FoundNode | undefined = node; at !== undefined; at = at.parent) {
      if (identifications.has(at)) return identifications.get(at);
    }
    return undefined;
  };
  const found = new Map<FoundNode, { identification: FoundNode[]; variables: FoundNode[] }>();
  const entry = (machine: FoundNode) => {
    const known = found.get(machine) ?? { identification: [], variables: [] };
    found.set(machine, known);
    return known;
  };
  // A shell is named also where it says nothing of itself and has no variables.
  for (const [node, kind] of kinds) if (kind === 'i4aas') entry(node);
  for (const node of nodes) {
    if (node.nodeClass !== 'variable') continue;
    const identified = identificationOf(node);
    if (identified !== undefined) {
      entry(identified).identification.push(node);
      continue;
    }
    const machine = machineOf(node);
    if (machine !== undefined && !isProperty(node)) entry(machine).variables.push(node);
  }
  return [...found].map(([node, parts]) => ({ node, kind: kinds.get(node) ?? 'object', ...parts }));
}

/** PropertyType of namespace 0. */
function isProperty({ typeDefinition }: FoundNode): boolean {
  return typeDefinition.namespace === 0 && typeDefinition.value === 68;
}

function isOfNodeset({ nodeId }: FoundNode, namespaces: readonly string[]): boolean {
  return COMPANION.test(namespaces[nodeId.namespace] ?? '');
}
