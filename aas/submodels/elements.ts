import type {
  File,
  MultiLanguageProperty,
  Property,
  Range,
  Reference,
  ReferenceElement,
  SubmodelElement,
  SubmodelElementCollection,
  SubmodelElementList,
} from '../model.ts';
import { externalReference } from '../references.ts';

/** The value types that our submodels use. */
export type ValueType =
  | 'xs:string'
  | 'xs:int'
  | 'xs:long'
  | 'xs:double'
  | 'xs:dateTime'
  | 'xs:date'
  | 'xs:boolean'
  | 'xs:anyURI';

/** A Property. Numbers keep all their digits; without a value it says that there is none yet. */
export function property(
  idShort: string,
  semanticId: string,
  value: string | number | boolean | undefined,
  valueType: ValueType = 'xs:string',
): Property {
  return {
    modelType: 'Property',
    idShort,
    semanticId: externalReference(semanticId),
    valueType,
    ...(value === undefined ? {} : { value: lexical(value) }),
  };
}

function lexical(value: string | number | boolean): string {
  if (value === Number.POSITIVE_INFINITY) return 'INF';
  return value === Number.NEGATIVE_INFINITY ? '-INF' : String(value);
}

/** A text in English. */
export function englishText(idShort: string, semanticId: string, text: string): MultiLanguageProperty {
  return {
    modelType: 'MultiLanguageProperty',
    idShort,
    semanticId: externalReference(semanticId),
    value: [{ language: 'en', text }],
  };
}

/** Elements under a name. An empty list is absent. */
export function collection(
  idShort: string,
  semanticId: string,
  elements: readonly SubmodelElement[],
): SubmodelElementCollection {
  return {
    modelType: 'SubmodelElementCollection',
    idShort,
    semanticId: externalReference(semanticId),
    ...(elements.length === 0 ? {} : { value: elements }),
  };
}

/**
 * A list of collections or references, which have no idShort there (AASd-120 of 3.0).
 * @param entryId semantic id that every entry has.
 */
export function elementList<Entry extends SubmodelElementCollection | ReferenceElement>(
  idShort: string,
  semanticId: string,
  entryId: string,
  typeValueListElement: Entry['modelType'],
  entries: readonly Entry[],
  orderRelevant = true,
): SubmodelElementList {
  return {
    modelType: 'SubmodelElementList',
    idShort,
    semanticId: externalReference(semanticId),
    ...(orderRelevant ? {} : { orderRelevant }),
    semanticIdListElement: externalReference(entryId),
    typeValueListElement,
    // What is left of an element without its idShort is an element.
    ...(entries.length === 0
      ? {}
      : { value: entries.map(({ idShort: _, ...entry }) => entry as SubmodelElement) }),
  };
}

export function referenceElement(idShort: string, semanticId: string, value: Reference): ReferenceElement {
  return { modelType: 'ReferenceElement', idShort, semanticId: externalReference(semanticId), value };
}

/** An interval of time; both ends in ISO 8601. */
export function timeRange(
  idShort: string,
  semanticId: string,
  min?: string,
  max?: string,
  valueType: ValueType = 'xs:dateTime',
): Range {
  return {
    modelType: 'Range',
    idShort,
    semanticId: externalReference(semanticId),
    valueType,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
}

/** A File whose bytes are its attachment. The value is the path that an AASX package would have it at. */
export function attachedFile(
  idShort: string,
  semanticId: string,
  fileName: string,
  contentType: string,
): File {
  return {
    modelType: 'File',
    idShort,
    semanticId: externalReference(semanticId),
    contentType,
    value: `/aasx/files/${encodeURIComponent(fileName)}`,
  };
}

/** A Property a row, named by the row's key as far as an idShort can be (AASd-002), unique among its siblings. */
export function propertiesOf(
  values: Readonly<Record<string, string | number>>,
  semanticId: string,
): readonly Property[] {
  const idShorts = uniqueIdShorts(Object.keys(values));
  // As many as there are values.
  return Object.values(values).map((value, index) => property(idShorts[index]!, semanticId, value));
}

/** An idShort for each name, unique among them: of two names that would share one, the later gets a number. */
export function uniqueIdShorts(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const wanted = idShortOf(name);
    let idShort = wanted;
    for (let count = 2; taken.has(idShort); count++) idShort = `${wanted}_${count}`;
    taken.add(idShort);
    return idShort;
  });
}

/** Makes a name an idShort of metamodel 3.0 and 3.1: letters, digits, underscores, a letter first, two at least. */
export function idShortOf(name: string): string {
  const plain = name.replace(/[^a-zA-Z0-9_]/g, '_').slice(0, 120);
  const started = /^[a-zA-Z]/.test(plain) ? plain : `N_${plain}`;
  return started.length < 2 ? `${started}_` : started;
}

/** `Dimension01`, `Dimension02` …: what a template's placeholder with an N becomes. */
export function numbered(name: string, index: number): string {
  return `${name}${String(index + 1).padStart(2, '0')}`;
}
