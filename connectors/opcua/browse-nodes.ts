import {
  BrowseDirection,
  browseAll,
  type ClientSession,
  coerceNodeId,
  NodeClass,
  NodeClassMask,
  type NodeId,
  type ReferenceDescription,
} from 'node-opcua-client';
import { browsePath, type PathStep } from './node-address.ts';

/** A node that was found below Objects. */
export interface FoundNode {
  readonly nodeId: NodeId;
  /** Steps from Objects. */
  readonly steps: readonly PathStep[];
  readonly nodeClass: 'object' | 'variable' | 'method';
  readonly displayName: string;
  /** The node of its type. */
  readonly typeDefinition: NodeId;
  /** The node it was found under; undefined right below Objects. */
  readonly parent: FoundNode | undefined;
}

export interface BrowseOptions {
  readonly session: ClientSession;
  readonly namespaces: readonly string[];
  /** Where to begin. @defaultValue the Objects folder */
  readonly from?: { readonly nodeId: NodeId; readonly steps: readonly PathStep[] };
  readonly signal: AbortSignal;
  /** Nodes after which it stops. @defaultValue 50000 */
  readonly limit?: number;
}

/** What was found, and whether there was more. */
export interface Browsed {
  readonly nodes: readonly FoundNode[];
  readonly isComplete: boolean;
}

const NODES_A_CALL = 50;
const DEFAULT_LIMIT = 50_000;
const DEEPEST = 24;
const OBJECTS_FOLDER = coerceNodeId('i=85');
const CLASSES: Readonly<Record<number, FoundNode['nodeClass']>> = {
  [NodeClass.Object]: 'object',
  [NodeClass.Variable]: 'variable',
  [NodeClass.Method]: 'method',
};

/**
 * Finds everything below Objects, level by level, one call in flight. A node that is reached on several ways is found
 * on the shortest one; what belongs to the server itself (namespace 0) is left out.
 */
export async function browseNodes(options: BrowseOptions): Promise<Browsed> {
  const { session, signal, limit = DEFAULT_LIMIT, from } = options;
  const seen = new Set<string>();
  const nodes: FoundNode[] = [];
  let level: (FoundNode | undefined)[] = [undefined];
  const startSteps = from?.steps ?? [];
  for (let depth = 0; level.length > 0 && depth < DEEPEST; depth += 1) {
    const next: FoundNode[] = [];
    for (let start = 0; start < level.length; start += NODES_A_CALL) {
      signal.throwIfAborted();
      const part = level.slice(start, start + NODES_A_CALL);
      const results = await browseAll(
        session,
        part.map((parent) => ({
          nodeId: parent?.nodeId ?? from?.nodeId ?? OBJECTS_FOLDER,
          referenceTypeId: 'HierarchicalReferences',
          browseDirection: BrowseDirection.Forward,
          includeSubtypes: true,
          nodeClassMask: NodeClassMask.Object | NodeClassMask.Variable | NodeClassMask.Method,
          resultMask: 63,
        })),
      );
      for (const [index, { references }] of results.entries()) {
        const parent = part[index];
        for (const reference of references ?? []) {
          const key = reference.nodeId.toString();
          if (seen.has(key)) continue;
          if (from === undefined && isServersOwn(reference, parent)) continue;
          seen.add(key);
          const node = foundNode(reference, parent, startSteps, options.namespaces);
          if (node === undefined) continue;
          if (nodes.length >= limit) return { nodes, isComplete: false };
          nodes.push(node);
          if (node.nodeClass !== 'method') next.push(node);
        }
      }
    }
    level = next;
  }
  return { nodes, isComplete: level.length === 0 };
}

/** Server, Aliases, Locations and the like: right below Objects and of namespace 0. */
function isServersOwn({ nodeId }: ReferenceDescription, parent: FoundNode | undefined): boolean {
  return parent === undefined && nodeId.namespace === 0;
}

function foundNode(
  reference: ReferenceDescription,
  parent: FoundNode | undefined,
  startSteps: readonly PathStep[],
  namespaces: readonly string[],
): FoundNode | undefined {
  const nodeClass = CLASSES[reference.nodeClass];
  if (nodeClass === undefined) return undefined;
  const { namespaceIndex, name } = reference.browseName;
  const namespaceUri = namespaceIndex === 0 ? undefined : namespaces[namespaceIndex];
  const step: PathStep = { namespaceUri, name: name ?? '' };
  return {
    nodeId: reference.nodeId,
    steps: [...(parent?.steps ?? startSteps), step],
    nodeClass,
    displayName: reference.displayName.text ?? name ?? '',
    typeDefinition: reference.typeDefinition,
    parent,
  };
}

/** The browse path of a node, as a line file has it. */
export function pathOf({ steps }: FoundNode): string {
  return browsePath(steps);
}
