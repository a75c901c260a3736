import fc from 'fast-check';
import type { JsonObject } from '../../../aas/model.ts';

/** Few names, so that mutations meet what is there. */
export const ID_SHORTS = ['Alpha', 'Beta', 'Gamma', 'Delta', 'Epsilon', 'Zeta'];

const LIST_TYPES = ['Property', 'File', 'SubmodelElementCollection', 'SubmodelElementList'] as const;
const DEEPEST = 3;

const text = fc.string({ unit: 'grapheme', maxLength: 12 });

/** Value types with the JSON values that stand for them. */
export const JSON_VALUES: Readonly<Record<string, fc.Arbitrary<string | number | boolean>>> = {
  'xs:string': text,
  'xs:int': fc.integer({ min: -1_000_000, max: 1_000_000 }),
  'xs:boolean': fc.boolean(),
  'xs:double': fc.integer({ min: -4000, max: 4000 }).map((eighths) => eighths / 8),
};

const typedValue = fc
  .constantFrom(...Object.keys(JSON_VALUES))
  .chain((valueType) => fc.tuple(fc.constant(valueType), (JSON_VALUES[valueType] ?? text).map(String)));

const reference = fc.constantFrom('urn:a', 'urn:b', 'urn:ä').map((value) => ({
  type: 'ExternalReference',
  keys: [{ type: 'GlobalReference', value }],
}));

const annotation = fc.record(
  {
    description: text.map((said) => [{ language: 'en', text: said }]),
    semanticId: reference,
  },
  { requiredKeys: [] },
);

/** An element without its idShort, with children down to a depth. */
export function elementOf(modelType: string, depth: number): fc.Arbitrary<JsonObject> {
  return fc
    .tuple(annotation, membersOf(modelType, depth))
    .map(([shared, members]) => ({ modelType, ...shared, ...members }));
}

function membersOf(modelType: string, depth: number): fc.Arbitrary<JsonObject> {
  switch (modelType) {
    case 'Property':
      return typedValue.map(([valueType, value]) => ({ valueType, value }));
    case 'Range':
      return fc.tuple(fc.nat(99), fc.nat(99)).map(([min, more]) => ({
        valueType: 'xs:int',
        min: String(min),
        max: String(min + more),
      }));
    case 'MultiLanguageProperty':
      return text.map((said) => ({ value: [{ language: 'de', text: said }] }));
    case 'File':
      return fc.constantFrom(
        { contentType: 'text/plain' },
        { contentType: 'a/b', value: 'https://example.com' },
      );
    case 'Blob':
      return fc
        .uint8Array({ maxLength: 20 })
        .map((bytes) => ({ contentType: 'a/b', value: Buffer.from(bytes).toString('base64') }));
    case 'ReferenceElement':
      return reference.map((value) => ({ value }));
    case 'RelationshipElement':
      return fc.tuple(reference, reference).map(([first, second]) => ({ first, second }));
    case 'AnnotatedRelationshipElement':
      return fc
        .tuple(reference, reference, named(elementOf('Property', 0), 2))
        .map(([first, second, annotations]) => ({ first, second, ...ifAny('annotations', annotations) }));
    case 'Entity':
      return siblings(depth - 1).map((statements) => ({
        entityType: 'CoManagedEntity',
        ...ifAny('statements', statements),
      }));
    case 'SubmodelElementCollection':
      return siblings(depth - 1).map((value) => ifAny('value', value));
    case 'SubmodelElementList':
      return fc
        .constantFrom(...LIST_TYPES)
        .chain((entryType) =>
          fc
            .array(elementOf(entryType, depth - 1), { maxLength: depth > 0 ? 3 : 0 })
            .map((value) => ({ typeValueListElement: entryType, ...ifAny('value', value) })),
        );
    case 'BasicEventElement':
      return reference.map((observed) => ({ observed, direction: 'output', state: 'on' }));
    default:
      return fc.constant({});
  }
}

/** Any element with children down to a depth, without its idShort. */
export function anyElement(depth = DEEPEST): fc.Arbitrary<JsonObject> {
  const leaves = ['Property', 'Range', 'MultiLanguageProperty', 'File', 'Blob', 'ReferenceElement'];
  const rare = ['RelationshipElement', 'Capability', 'Operation', 'BasicEventElement'];
  const containers = [
    'SubmodelElementCollection',
    'SubmodelElementList',
    'Entity',
    'AnnotatedRelationshipElement',
  ];
  const types = [...leaves, ...rare, ...(depth > 0 ? [...containers, ...containers] : [])];
  return fc.constantFrom(...types).chain((modelType) => elementOf(modelType, depth));
}

/** Elements with idShorts that differ. */
export function siblings(depth = DEEPEST): fc.Arbitrary<readonly JsonObject[]> {
  return named(anyElement(Math.max(depth, 0)), depth < 0 ? 0 : 4);
}

function named(element: fc.Arbitrary<JsonObject>, most: number): fc.Arbitrary<readonly JsonObject[]> {
  return fc
    .tuple(
      fc.shuffledSubarray(ID_SHORTS, { maxLength: most }),
      fc.array(element, { minLength: most, maxLength: most }),
    )
    .map(([names, elements]) => names.map((idShort, index) => ({ ...elements[index], idShort })));
}

/** An empty list is absent (IDTA-01001). */
function ifAny(member: string, list: readonly JsonObject[]): JsonObject {
  return list.length === 0 ? {} : { [member]: list };
}
