import type { JsonObject } from '../model.ts';

/** Members that are an element's value or its content, and so no metadata (IDTA-01002, Metadata). */
const VALUE_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  Submodel: ['submodelElements'],
  Property: ['value', 'valueId'],
  MultiLanguageProperty: ['value', 'valueId'],
  Range: ['min', 'max'],
  File: ['value', 'contentType'],
  Blob: ['value', 'contentType'],
  ReferenceElement: ['value'],
  RelationshipElement: ['first', 'second'],
  AnnotatedRelationshipElement: ['first', 'second', 'annotations'],
  SubmodelElementCollection: ['value'],
  SubmodelElementList: ['value'],
  Entity: ['statements', 'globalAssetId', 'specificAssetIds'],
  BasicEventElement: ['observed'],
  Operation: ['inputVariables', 'outputVariables', 'inoutputVariables'],
};

/** An element or submodel without its value and children. */
export function metadataOf(node: JsonObject): JsonObject {
  const dropped = valueMembersOf(node['modelType']);
  return Object.fromEntries(Object.entries(node).filter(([member]) => !dropped.includes(member)));
}

/** The members of a model type that are no metadata. */
export function valueMembersOf(modelType: unknown): readonly string[] {
  return VALUE_MEMBERS[String(modelType)] ?? [];
}
