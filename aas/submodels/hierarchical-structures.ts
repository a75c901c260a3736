import type { Entity, Key, RelationshipElement, Submodel } from '../model.ts';
import { externalReference, modelReference } from '../references.ts';
import { idShortOf, property, uniqueIdShorts } from './elements.ts';
import { STRUCTURE_IDS as IDS } from './nameplate-ids.ts';

/** A thing and its parts, each with a shell of its own. */
export interface HierarchyValues {
  readonly id: string;
  readonly whole: { readonly name: string; readonly globalAssetId: string };
  readonly parts: readonly { readonly name: string; readonly globalAssetId: string }[];
}

/** IDTA 02011-1-1: what a thing consists of, one level down; shells are found by the parts' global asset ids. */
export function hierarchicalStructures({ id, whole, parts }: HierarchyValues): Submodel {
  const entry = idShortOf(whole.name);
  const keys = (...idShorts: readonly string[]) => [
    { type: 'Submodel', value: id },
    ...idShorts.map((value): Key => ({ type: 'Entity', value })),
  ];
  const hasPart = (node: string): RelationshipElement => ({
    modelType: 'RelationshipElement',
    idShort: idShortOf(`HasPart_${node}`),
    semanticId: externalReference(IDS.hasPart),
    first: modelReference(...keys(entry)),
    second: modelReference(...keys(entry, node)),
  });
  const names = uniqueIdShorts(parts.map(({ name }) => `Node_${name}`));
  const nodes = parts.map(({ globalAssetId }, index) => entity(names[index]!, IDS.node, globalAssetId));
  return {
    modelType: 'Submodel',
    id,
    idShort: 'HierarchicalStructures',
    kind: 'Instance',
    semanticId: externalReference(IDS.submodel),
    submodelElements: [
      {
        ...entity(entry, IDS.entryNode, whole.globalAssetId),
        ...(nodes.length === 0
          ? {}
          : { statements: nodes.flatMap((node) => [node, hasPart(node.idShort ?? '')]) }),
      },
      property('ArcheType', IDS.archeType, 'OneDown'),
    ],
  };
}

function entity(idShort: string, semanticId: string, globalAssetId: string): Entity {
  return {
    modelType: 'Entity',
    idShort,
    semanticId: externalReference(semanticId),
    entityType: 'SelfManagedEntity',
    globalAssetId,
  };
}
