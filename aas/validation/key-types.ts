import { ELEMENT_TYPES } from '../metamodel.ts';

/** The sets of key types that the rules for references speak of (IDTA-01001, Key types). */

const ABSTRACT_ELEMENTS = ['DataElement', 'EventElement', 'SubmodelElement'];

/** AasIdentifiables. */
export const IDENTIFIABLE_KEYS: ReadonlySet<string> = new Set([
  'AssetAdministrationShell',
  'ConceptDescription',
  'Identifiable',
  'Submodel',
]);

/** AasSubmodelElements. */
export const ELEMENT_KEYS: ReadonlySet<string> = new Set([...ELEMENT_TYPES, ...ABSTRACT_ELEMENTS]);

/** AasReferables. */
export const REFERABLE_KEYS: ReadonlySet<string> = new Set([
  ...IDENTIFIABLE_KEYS,
  ...ELEMENT_KEYS,
  'Referable',
]);

/** FragmentKeys. */
export const FRAGMENT_KEYS: ReadonlySet<string> = new Set([...ELEMENT_KEYS, 'FragmentReference']);

/** GloballyIdentifiables. */
export const GLOBAL_KEYS: ReadonlySet<string> = new Set([...IDENTIFIABLE_KEYS, 'GlobalReference']);

/** Every key type. */
export const KEY_TYPES: ReadonlySet<string> = new Set([...REFERABLE_KEYS, ...FRAGMENT_KEYS, ...GLOBAL_KEYS]);
