import type { JsonObject } from './model.ts';

const MEMBERS_WITH_CHILDREN: Readonly<Record<string, string>> = {
  Submodel: 'submodelElements',
  SubmodelElementCollection: 'value',
  SubmodelElementList: 'value',
  Entity: 'statements',
  AnnotatedRelationshipElement: 'annotations',
};

/** The member that holds the child elements of a model type; undefined if it has none that a path can address. */
export function childrenMember(modelType: unknown): string | undefined {
  return typeof modelType === 'string' ? MEMBERS_WITH_CHILDREN[modelType] : undefined;
}

/** Parts an element or submodel into itself and its children. */
export function splitChildren(node: JsonObject): {
  readonly own: JsonObject;
  readonly children: readonly JsonObject[];
} {
  const member = childrenMember(node['modelType']);
  if (member === undefined || node[member] === undefined) return { own: node, children: [] };
  const { [member]: children, ...own } = node;
  // Checked on the way in: what stands in the member is a list of elements.
  return { own, children: children as readonly JsonObject[] };
}

/** Puts children back into their parent; an empty list is absent (IDTA-01001). */
export function joinChildren(own: JsonObject, children: readonly JsonObject[]): JsonObject {
  const member = childrenMember(own['modelType']);
  return member === undefined || children.length === 0 ? own : { ...own, [member]: children };
}
