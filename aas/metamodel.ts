/**
 * The metamodel 3.1 (IDTA-01001) as a table: class, member, type. `!` marks what is required, `[]` a list. A type is a
 * class of the table, a primitive of check-model.ts, or a set of literals separated by `|`.
 */

const EXTENSIBLE = { extensions: 'Extension[]' };
const SEMANTICS = { semanticId: 'Reference', supplementalSemanticIds: 'Reference[]' };
const DATA_SPECIFICATION = { embeddedDataSpecifications: 'object[]' };
const REFERABLE = {
  ...EXTENSIBLE,
  idShort: 'idShort',
  category: 'string',
  displayName: 'LangString[]',
  description: 'LangString[]',
};
const IDENTIFIABLE = { ...REFERABLE, id: 'identifier!', administration: 'AdministrativeInformation' };
const QUALIFIABLE = { qualifiers: 'Qualifier[]' };
const ELEMENT = { ...REFERABLE, ...SEMANTICS, ...QUALIFIABLE, ...DATA_SPECIFICATION };
const RELATIONSHIP = { ...ELEMENT, first: 'Reference', second: 'Reference' };

/** Members by class. The element classes are those with `modelType`. */
export const METAMODEL: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AssetAdministrationShell: {
    ...IDENTIFIABLE,
    ...DATA_SPECIFICATION,
    derivedFrom: 'Reference',
    assetInformation: 'AssetInformation!',
    submodels: 'Reference[]',
  },
  Submodel: {
    ...IDENTIFIABLE,
    ...SEMANTICS,
    ...QUALIFIABLE,
    ...DATA_SPECIFICATION,
    kind: 'Instance|Template',
    submodelElements: 'SubmodelElement[]',
  },
  AssetInformation: {
    assetKind: 'Instance|Type|NotApplicable|Role!',
    globalAssetId: 'identifier',
    specificAssetIds: 'SpecificAssetId[]',
    assetType: 'identifier',
    defaultThumbnail: 'Resource',
  },
  SpecificAssetId: { ...SEMANTICS, name: 'name!', value: 'identifier!', externalSubjectId: 'Reference' },
  Resource: { path: 'string!', contentType: 'string' },
  AdministrativeInformation: {
    ...DATA_SPECIFICATION,
    version: 'string',
    revision: 'string',
    creator: 'Reference',
    templateId: 'identifier',
  },
  Reference: {
    type: 'ExternalReference|ModelReference!',
    keys: 'Key[]!',
    referredSemanticId: 'Reference',
  },
  Key: { type: 'name!', value: 'identifier!' },
  LangString: { language: 'name!', text: 'string!' },
  Qualifier: {
    ...SEMANTICS,
    kind: 'ValueQualifier|ConceptQualifier|TemplateQualifier',
    type: 'name!',
    valueType: 'dataType!',
    value: 'string',
    valueId: 'Reference',
  },
  Extension: { ...SEMANTICS, name: 'name!', valueType: 'dataType', value: 'string', refersTo: 'Reference[]' },
  Property: { ...ELEMENT, valueType: 'dataType!', value: 'string', valueId: 'Reference' },
  MultiLanguageProperty: { ...ELEMENT, value: 'LangString[]', valueId: 'Reference' },
  Range: { ...ELEMENT, valueType: 'dataType!', min: 'string', max: 'string' },
  File: { ...ELEMENT, contentType: 'string', value: 'string' },
  Blob: { ...ELEMENT, contentType: 'string', value: 'string' },
  ReferenceElement: { ...ELEMENT, value: 'Reference' },
  RelationshipElement: RELATIONSHIP,
  AnnotatedRelationshipElement: { ...RELATIONSHIP, annotations: 'SubmodelElement[]' },
  SubmodelElementCollection: { ...ELEMENT, value: 'SubmodelElement[]' },
  SubmodelElementList: {
    ...ELEMENT,
    orderRelevant: 'boolean',
    semanticIdListElement: 'Reference',
    typeValueListElement: 'name!',
    valueTypeListElement: 'dataType',
    value: 'SubmodelElement[]',
  },
  Entity: {
    ...ELEMENT,
    statements: 'SubmodelElement[]',
    entityType: 'CoManagedEntity|SelfManagedEntity',
    globalAssetId: 'identifier',
    specificAssetIds: 'SpecificAssetId[]',
  },
  Capability: ELEMENT,
  Operation: {
    ...ELEMENT,
    inputVariables: 'OperationVariable[]',
    outputVariables: 'OperationVariable[]',
    inoutputVariables: 'OperationVariable[]',
  },
  OperationVariable: { value: 'SubmodelElement!' },
  BasicEventElement: {
    ...ELEMENT,
    observed: 'Reference!',
    direction: 'input|output!',
    state: 'on|off!',
    messageTopic: 'string',
    messageBroker: 'Reference',
    lastUpdate: 'string',
    minInterval: 'string',
    maxInterval: 'string',
  },
  // What registries hold (IDTA-01002); it has no modelType.
  ShellDescriptor: {
    ...REFERABLE,
    id: 'identifier!',
    administration: 'AdministrativeInformation',
    assetKind: 'Instance|Type|NotApplicable|Role',
    assetType: 'identifier',
    globalAssetId: 'identifier',
    specificAssetIds: 'SpecificAssetId[]',
    endpoints: 'Endpoint[]',
    submodelDescriptors: 'SubmodelDescriptor[]',
  },
  SubmodelDescriptor: {
    ...REFERABLE,
    id: 'identifier!',
    administration: 'AdministrativeInformation',
    semanticId: 'Reference',
    supplementalSemanticId: 'Reference[]',
    endpoints: 'Endpoint[]!',
  },
  Endpoint: { interface: 'name!', protocolInformation: 'ProtocolInformation!' },
  ProtocolInformation: { href: 'identifier!' },
};

/** The model types of submodel elements. */
export const ELEMENT_TYPES: readonly string[] = [
  'Property',
  'MultiLanguageProperty',
  'Range',
  'File',
  'Blob',
  'ReferenceElement',
  'RelationshipElement',
  'AnnotatedRelationshipElement',
  'SubmodelElementCollection',
  'SubmodelElementList',
  'Entity',
  'Capability',
  'Operation',
  'BasicEventElement',
];
