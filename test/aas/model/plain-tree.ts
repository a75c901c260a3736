import type { JsonObject } from '../../../aas/model.ts';

/**
 * Elements as plain JSON, the way a reader of the specification would keep them: nothing here is shared with the
 * server. All functions leave what they are given as it was.
 */

const CHILDREN: Readonly<Record<string, string>> = {
  Submodel: 'submodelElements',
  SubmodelElementCollection: 'value',
  SubmodelElementList: 'value',
  Entity: 'statements',
  AnnotatedRelationshipElement: 'annotations',
};

export const isList = (node: JsonObject): boolean => node['modelType'] === 'SubmodelElementList';

export const mayHaveChildren = (node: JsonObject): boolean =>
  CHILDREN[String(node['modelType'])] !== undefined;

export function childrenOf(node: JsonObject): readonly JsonObject[] {
  const member = CHILDREN[String(node['modelType'])];
  return member === undefined ? [] : ((node[member] as readonly JsonObject[] | undefined) ?? []);
}

/** The node with other children; without any, the member is absent. */
export function withChildren(node: JsonObject, children: readonly JsonObject[]): JsonObject {
  const member = CHILDREN[String(node['modelType'])] ?? '';
  const { [member]: _before, ...own } = node;
  return children.length === 0 ? own : { ...own, [member]: children };
}

/** Positions of the children on the way to a node; empty for the submodel itself. */
export type Trail = readonly number[];

export interface Place {
  readonly path: string;
  readonly trail: Trail;
  readonly node: JsonObject;
  readonly parent: JsonObject;
}

/** All elements below a node, parents before children. */
export function placesBelow(node: JsonObject, path = '', trail: Trail = []): Place[] {
  return childrenOf(node).flatMap((child, index) => {
    const dot = path === '' ? '' : '.';
    const childPath = isList(node) ? `${path}[${index}]` : `${path}${dot}${String(child['idShort'])}`;
    const childTrail = [...trail, index];
    const place = { path: childPath, trail: childTrail, node: child, parent: node };
    return [place, ...placesBelow(child, childPath, childTrail)];
  });
}

/** The tree with one node changed; `undefined` takes it out. */
export function changeAt(
  root: JsonObject,
  trail: Trail,
  change: (node: JsonObject) => JsonObject | undefined,
): JsonObject {
  const [first, ...rest] = trail;
  if (first === undefined) return change(root) ?? root;
  const children = childrenOf(root).flatMap((child, index) => {
    if (index !== first) return [child];
    const changed = rest.length === 0 ? change(child) : changeAt(child, rest, change);
    return changed === undefined ? [] : [changed];
  });
  return withChildren(root, children);
}

export function findPlace(root: JsonObject, path: string): Place | undefined {
  return placesBelow(root).find((place) => place.path === path);
}
