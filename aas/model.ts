/**
 * The parts of the AAS metamodel 3.1 (IDTA-01001) that this product uses, as the JSON they travel as. Members that are
 * absent are left out: no nulls, no empty lists.
 */

/** A JSON object whose members are not (yet) known. */
export type JsonObject = Readonly<Record<string, unknown>>;

export interface Key {
  /** Such as `GlobalReference`, `Submodel`, `SubmodelElementCollection`. */
  readonly type: string;
  readonly value: string;
}

export interface Reference {
  readonly type: 'ExternalReference' | 'ModelReference';
  readonly keys: readonly Key[];
  readonly referredSemanticId?: Reference;
}

export interface LangString {
  /** BCP 47, such as `en`. */
  readonly language: string;
  readonly text: string;
}

export interface AdministrativeInformation {
  readonly version?: string;
  readonly revision?: string;
  /** Id of the template that a submodel follows. */
  readonly templateId?: string;
}

export interface Referable {
  readonly idShort?: string;
  readonly displayName?: readonly LangString[];
  readonly description?: readonly LangString[];
}

interface Semantics {
  readonly semanticId?: Reference;
  readonly supplementalSemanticIds?: readonly Reference[];
}

export interface SpecificAssetId {
  readonly name: string;
  readonly value: string;
  readonly externalSubjectId?: Reference;
}

export interface AssetInformation {
  readonly assetKind: 'Instance' | 'Type' | 'NotApplicable' | 'Role';
  readonly globalAssetId?: string;
  readonly specificAssetIds?: readonly SpecificAssetId[];
  readonly assetType?: string;
}

/** An Asset Administration Shell. */
export interface Shell extends Referable {
  readonly modelType: 'AssetAdministrationShell';
  readonly id: string;
  readonly administration?: AdministrativeInformation;
  readonly derivedFrom?: Reference;
  readonly assetInformation: AssetInformation;
  readonly submodels?: readonly Reference[];
}

export interface Submodel extends Referable, Semantics {
  readonly modelType: 'Submodel';
  readonly id: string;
  readonly kind?: 'Instance' | 'Template';
  readonly administration?: AdministrativeInformation;
  readonly submodelElements?: readonly SubmodelElement[];
}

interface ElementBase extends Referable, Semantics {
  readonly qualifiers?: readonly JsonObject[];
}

export interface Property extends ElementBase {
  readonly modelType: 'Property';
  readonly valueType: string;
  readonly value?: string;
}

export interface MultiLanguageProperty extends ElementBase {
  readonly modelType: 'MultiLanguageProperty';
  readonly value?: readonly LangString[];
}

export interface Range extends ElementBase {
  readonly modelType: 'Range';
  readonly valueType: string;
  readonly min?: string;
  readonly max?: string;
}

/** A file beside the submodel; its bytes are the element's attachment. */
export interface File extends ElementBase {
  readonly modelType: 'File';
  readonly contentType: string;
  readonly value?: string;
}

export interface ReferenceElement extends ElementBase {
  readonly modelType: 'ReferenceElement';
  readonly value?: Reference;
}

export interface SubmodelElementCollection extends ElementBase {
  readonly modelType: 'SubmodelElementCollection';
  readonly value?: readonly SubmodelElement[];
}

export interface SubmodelElementList extends ElementBase {
  readonly modelType: 'SubmodelElementList';
  readonly typeValueListElement: string;
  readonly orderRelevant?: boolean;
  readonly semanticIdListElement?: Reference;
  readonly valueTypeListElement?: string;
  readonly value?: readonly SubmodelElement[];
}

/** A thing among others that has a shell of its own, or none. */
export interface Entity extends ElementBase {
  readonly modelType: 'Entity';
  readonly entityType: 'SelfManagedEntity' | 'CoManagedEntity';
  readonly globalAssetId?: string;
  readonly statements?: readonly SubmodelElement[];
}

export interface RelationshipElement extends ElementBase {
  readonly modelType: 'RelationshipElement';
  readonly first: Reference;
  readonly second: Reference;
}

/** A variable of an Operation: an element that says of what kind the argument is; its value is the default. */
export interface OperationVariable {
  readonly value: SubmodelElement;
}

/** Something a client may invoke. */
export interface Operation extends ElementBase {
  readonly modelType: 'Operation';
  readonly inputVariables?: readonly OperationVariable[];
  readonly outputVariables?: readonly OperationVariable[];
  readonly inoutputVariables?: readonly OperationVariable[];
}

/** The element kinds that our builders emit; the server stores every kind of the metamodel. */
export type SubmodelElement =
  | Property
  | MultiLanguageProperty
  | Range
  | File
  | ReferenceElement
  | SubmodelElementCollection
  | SubmodelElementList
  | Entity
  | RelationshipElement
  | Operation;

/** What a semantic id means, for people (IDTA-01001; its content by IEC 61360, IDTA-01003-a). */
export type ConceptDescription = {
  readonly modelType: 'ConceptDescription';
  readonly id: string;
  readonly idShort?: string;
  readonly embeddedDataSpecifications?: readonly JsonObject[];
};

/** Where a registry says that something is served (IDTA-01002, Endpoint). */
export interface Endpoint {
  /** Such as `SUBMODEL-3.1`. */
  readonly interface: string;
  readonly protocolInformation: {
    readonly href: string;
    readonly endpointProtocol?: string;
    readonly endpointProtocolVersion?: readonly string[];
    readonly [member: string]: unknown;
  };
}

export interface SubmodelDescriptor extends Referable, Semantics {
  readonly id: string;
  readonly endpoints: readonly Endpoint[];
  readonly administration?: AdministrativeInformation;
  /** As the registry's descriptors spell it, in the singular. */
  readonly supplementalSemanticId?: readonly Reference[];
}

export interface ShellDescriptor extends Referable {
  readonly id: string;
  readonly assetKind?: string;
  readonly assetType?: string;
  readonly globalAssetId?: string;
  readonly specificAssetIds?: readonly SpecificAssetId[];
  readonly administration?: AdministrativeInformation;
  readonly endpoints?: readonly Endpoint[];
  readonly submodelDescriptors?: readonly SubmodelDescriptor[];
}
