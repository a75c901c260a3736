import { childrenMember } from '../../children.ts';
import { joinPath } from '../../id-short-path.ts';
import type { JsonObject } from '../../model.ts';

/** A File element and where it stands in its submodel. */
export interface PlacedFile {
  readonly path: string;
  readonly element: JsonObject;
}

function childrenOf(node: JsonObject): readonly JsonObject[] {
  const member = childrenMember(node['modelType']);
  // Checked on the way in: the member holds elements.
  return member === undefined ? [] : ((node[member] as readonly JsonObject[] | undefined) ?? []);
}

function pathOfChild(parent: JsonObject, path: string, child: JsonObject, index: number): string {
  const isList = parent['modelType'] === 'SubmodelElementList';
  return joinPath(path, isList ? { index } : { idShort: String(child['idShort']) });
}

/** The File elements of a submodel that a path can address, in their order. */
export function* fileElements(node: JsonObject, path = ''): Generator<PlacedFile> {
  for (const [index, child] of childrenOf(node).entries()) {
    const childPath = pathOfChild(node, path, child, index);
    if (child['modelType'] === 'File') yield { path: childPath, element: child };
    else yield* fileElements(child, childPath);
  }
}

/** A submodel whose File elements have other values, by path; what does not change is shared with the original. */
export function withFileValues(node: JsonObject, values: ReadonlyMap<string, string>, path = ''): JsonObject {
  const value = values.get(path);
  if (value !== undefined && node['modelType'] === 'File') return { ...node, value };
  const member = childrenMember(node['modelType']);
  if (member === undefined) return node;
  const before = childrenOf(node);
  const after = before.map((child, index) =>
    withFileValues(child, values, pathOfChild(node, path, child, index)),
  );
  return after.some((child, index) => child !== before[index]) ? { ...node, [member]: after } : node;
}
