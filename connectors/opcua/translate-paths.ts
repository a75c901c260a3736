import {
  BrowsePath,
  type ClientSession,
  coerceNodeId,
  type NodeId,
  QualifiedName,
  RelativePath,
  RelativePathElement,
  StatusCodes,
} from 'node-opcua-client';
import { browsePath, type PathStep, parseBrowsePath } from './node-address.ts';

const OBJECTS_FOLDER = coerceNodeId('i=85');
const HIERARCHICAL_REFERENCES = coerceNodeId('i=33');
const PATHS_A_CALL = 100;

/**
 * Finds the nodes of browse paths from Objects (service TranslateBrowsePathsToNodeIds).
 * @returns for each path, in order, its node or, in words, why it has none.
 */
export async function translatePaths(
  session: ClientSession,
  namespaces: readonly string[],
  paths: readonly string[],
): Promise<(NodeId | string)[]> {
  const parsed = paths.map(parseBrowsePath);
  const found = await translate(session, namespaces, parsed);
  const results: (NodeId | string)[] = [];
  for (const [index, steps] of parsed.entries()) {
    const node = found[index];
    results.push(node ?? (await whyNone(session, namespaces, steps)));
  }
  return results;
}

/** Nodes of paths; undefined for a path that leads nowhere, or to more than one node. */
async function translate(
  session: ClientSession,
  namespaces: readonly string[],
  paths: readonly (readonly PathStep[])[],
): Promise<(NodeId | undefined)[]> {
  const nodes: (NodeId | undefined)[] = paths.map(() => undefined);
  const asked = paths.flatMap((steps, index) => {
    const path = libraryPath(steps, namespaces);
    return path === undefined ? [] : [{ index, path }];
  });
  for (let start = 0; start < asked.length; start += PATHS_A_CALL) {
    const part = asked.slice(start, start + PATHS_A_CALL);
    const results = await session.translateBrowsePath(part.map(({ path }) => path));
    results.forEach(({ statusCode, targets }, place) => {
      const at = part[place];
      const ids = new Map((targets ?? []).map(({ targetId }) => [targetId.toString(), targetId]));
      if (at === undefined || !statusCode.equals(StatusCodes.Good) || ids.size !== 1) return;
      nodes[at.index] = ids.values().next().value;
    });
  }
  return nodes;
}

/** A path as the service takes it; undefined where a namespace is not there. */
function libraryPath(steps: readonly PathStep[], namespaces: readonly string[]): BrowsePath | undefined {
  const elements: RelativePathElement[] = [];
  for (const { namespaceUri, name } of steps) {
    const namespaceIndex = namespaceUri === undefined ? 0 : namespaces.indexOf(namespaceUri);
    if (namespaceIndex < 0) return undefined;
    elements.push(
      new RelativePathElement({
        referenceTypeId: HIERARCHICAL_REFERENCES,
        includeSubtypes: true,
        isInverse: false,
        targetName: new QualifiedName({ namespaceIndex, name }),
      }),
    );
  }
  return new BrowsePath({ startingNode: OBJECTS_FOLDER, relativePath: new RelativePath({ elements }) });
}

async function whyNone(
  session: ClientSession,
  namespaces: readonly string[],
  steps: readonly PathStep[],
): Promise<string> {
  const missing = steps.find(({ namespaceUri }) => {
    return namespaceUri !== undefined && !namespaces.includes(namespaceUri);
  });
  if (missing !== undefined) {
    return `the server has no namespace ${missing.namespaceUri}; it has ${namespaces.join(', ')}`;
  }
  const beginnings = steps.map((_step, index) => steps.slice(0, index + 1));
  const known = await translate(session, namespaces, beginnings);
  const firstUnknown = known.indexOf(undefined);
  const parent = firstUnknown <= 0 ? 'Objects' : browsePath(beginnings[firstUnknown - 1] ?? []);
  return `${parent} has no ${browsePath(steps.slice(firstUnknown, firstUnknown + 1)).slice(1)}, or several`;
}
