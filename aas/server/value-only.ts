import { childrenMember } from '../children.ts';
import { valueToJson } from '../data-types.ts';
import type { JsonObject, LangString } from '../model.ts';

/**
 * The value-only form of an element (IDTA-01002, ValueOnly); undefined if it has no value, or no such form, and is
 * therefore left out of the element that contains it.
 * @param withBlobValue whether a Blob's bytes are part of it (extent).
 */
export function valueOnly(element: JsonObject, withBlobValue: boolean): unknown {
  const children = childrenOf(element);
  switch (element['modelType']) {
    case 'Property':
      return scalar(element, 'value');
    case 'Range':
      return members({ min: scalar(element, 'min'), max: scalar(element, 'max') });
    case 'MultiLanguageProperty':
      // Checked on the way in: lists of language strings.
      return (element['value'] as readonly LangString[] | undefined)?.map(({ language, text }) => ({
        [language]: text,
      }));
    case 'File':
      return members({ contentType: element['contentType'], value: element['value'] });
    case 'Blob':
      return members({
        contentType: element['contentType'],
        ...(withBlobValue ? { value: element['value'] } : {}),
      });
    case 'ReferenceElement':
      return element['value'];
    case 'RelationshipElement':
      return members({ first: element['first'], second: element['second'] });
    case 'AnnotatedRelationshipElement':
      return members({
        first: element['first'],
        second: element['second'],
        annotations: children.length === 0 ? undefined : valuesByIdShort(children, withBlobValue),
      });
    case 'SubmodelElementCollection':
      return valuesByIdShort(children, withBlobValue);
    case 'SubmodelElementList': {
      const values = children.map((child) => valueOnly(child, withBlobValue));
      // Entries without a value keep their place, so that an index means the same entry in both forms.
      return values.every((value) => value === undefined) ? undefined : values.map((value) => value ?? null);
    }
    case 'Entity':
      return members({
        statements: children.length === 0 ? undefined : valuesByIdShort(children, withBlobValue),
        entityType: element['entityType'],
        globalAssetId: element['globalAssetId'],
        specificAssetIds: element['specificAssetIds'],
      });
    case 'BasicEventElement':
      return members({ observed: element['observed'] });
    default:
      return undefined;
  }
}

/** The value-only form of a submodel's elements, or of a collection's. */
export function valuesByIdShort(elements: readonly JsonObject[], withBlobValue: boolean): JsonObject {
  return (
    members(
      Object.fromEntries(
        elements.map((child) => [String(child['idShort']), valueOnly(child, withBlobValue)]),
      ),
    ) ?? {}
  );
}

function scalar(element: JsonObject, member: string): unknown {
  const text = element[member];
  return typeof text === 'string' ? valueToJson(String(element['valueType']), text) : undefined;
}

/** The members that have a value; undefined if none has. */
function members(object: JsonObject): JsonObject | undefined {
  const present = Object.entries(object).filter(([, value]) => value !== undefined);
  return present.length === 0 ? undefined : Object.fromEntries(present);
}

function childrenOf(element: JsonObject): readonly JsonObject[] {
  const member = childrenMember(element['modelType']);
  // Checked on the way in: what stands in the member is a list of elements.
  return member === undefined ? [] : ((element[member] as readonly JsonObject[] | undefined) ?? []);
}
