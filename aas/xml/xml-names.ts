/** How the classes and lists of the metamodel are named in XML (IDTA-01001, mapping to XML). */

/** The versions of the metamodel whose XML is read and written, with their namespaces. */
export const XML_NAMESPACES = {
  '3.0': 'https://admin-shell.io/aas/3/0',
  '3.1': 'https://admin-shell.io/aas/3/1',
} as const;

export type XmlVersion = keyof typeof XML_NAMESPACES;

/** Language strings are named by the member they stand in. */
const LANG_STRINGS: Readonly<Record<string, string>> = {
  displayName: 'langStringNameType',
  description: 'langStringTextType',
  value: 'langStringTextType',
  preferredName: 'langStringPreferredNameTypeIec61360',
  shortName: 'langStringShortNameTypeIec61360',
  definition: 'langStringDefinitionTypeIec61360',
};

/** The element name of a class. */
export function xmlNameOf(modelType: string): string {
  return modelType.charAt(0).toLowerCase() + modelType.slice(1);
}

/** The element name of the entries of a list member. Submodel elements are named by their own model type instead. */
export function itemNameOf(member: string, itemType: string): string {
  return itemType === 'LangString' ? (LANG_STRINGS[member] ?? 'langStringTextType') : xmlNameOf(itemType);
}

/** Types whose values say in XML by the name of one element inside which class they are. */
export function isDiscriminated(type: string): boolean {
  return type === 'SubmodelElement' || type === 'DataSpecificationIec61360';
}
