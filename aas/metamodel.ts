/**
 * The metamodel 3.1 (IDTA-01001) as a table: class, member, type. `!` marks what is required, `[]` a list. A type is a
 * class of the table, a primitive of check-model.ts, or a set of literals separated by `|`. Members stand in the order
 * of the XML schema, which the XML codec writes.
 */

const EXTENSIBLE = { extensions: 'Extension[]' };
const SEMANTICS = { semanticId: 'Reference', supplementalSemanticIds: 'Reference[]' };
const DATA_SPECIFICATION = { embeddedDataSpecifications: 'EmbeddedDataSpecification[]' };
const REFERABLE = {
  ...EXTENSIBLE,
  category: 'string',
  idShort: 'idShort',
  displayName: 'LangString[]',
  description: 'LangString[]',
};
const IDENTIFIABLE = { ...REFERABLE, administration: 'AdministrativeInformation', id: 'identifier!' };
const QUALIFIABLE = { qualifiers: 'Qualifier[]' };
const ELEMENT = { ...REFERABLE, ...SEMANTICS, ...QUALIFIABLE, ...DATA_SPECIFICATION };
const RELATIONSHIP = { ...ELEMENT, first: 'Reference', second: 'Reference' };

/** Members by class. The element classes are those with `modelType`. */
export const METAMODEL: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Environment: {
    assetAdministrationShells: 'AssetAdministrationShell[]',
    submodels: 'Submodel[]',
    conceptDescriptions: 'ConceptDescription[]',
  },
  AssetAdministrationShell: {
    ...IDENTIFIABLE,
    ...DATA_SPECIFICATION,
    derivedFrom: 'Reference',
    assetInformation: 'AssetInformation!',
    submodels: 'Reference[]',
  },
  Submodel: {
    ...IDENTIFIABLE,
    kind: 'Instance|Template',
    ...SEMANTICS,
    ...QUALIFIABLE,
    ...DATA_SPECIFICATION,
    submodelElements: 'SubmodelElement[]',
  },
  ConceptDescription: { ...IDENTIFIABLE, ...DATA_SPECIFICATION, isCaseOf: 'Reference[]' },
  AssetInformation: {
    assetKind: 'Instance|Type|NotApplicable|Role!',
    globalAssetId: 'identifierOrEmpty',
    specificAssetIds: 'SpecificAssetId[]',
    assetType: 'identifierOrEmpty',
    defaultThumbnail: 'Resource',
  },
  SpecificAssetId: { ...SEMANTICS, name: 'name!', value: 'identifier!', externalSubjectId: 'Reference' },
  Resource: { path: 'string!', contentType: 'string' },
  AdministrativeInformation: {
    ...DATA_SPECIFICATION,
    version: 'string',
    revision: 'string',
    creator: 'Reference',
    templateId: 'identifierOrEmpty',
  },
  Reference: {
    type: 'ExternalReference|ModelReference!',
    referredSemanticId: 'Reference',
    keys: 'Key[]!',
  },
  Key: { type: 'name!', value: 'identifierOrEmpty!' },
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
  File: { ...ELEMENT, value: 'string', contentType: 'string' },
  Blob: { ...ELEMENT, value: 'base64', contentType: 'string' },
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
    globalAssetId: 'identifierOrEmpty',
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
  // Data specifications (IDTA-01003-a), what a ConceptDescription says.
  EmbeddedDataSpecification: {
    dataSpecification: 'Reference!',
    dataSpecificationContent: 'DataSpecificationIec61360!',
  },
  DataSpecificationIec61360: {
    preferredName: 'LangString[]!',
    shortName: 'LangString[]',
    unit: 'string',
    unitId: 'Reference',
    sourceOfDefinition: 'string',
    symbol: 'string',
    dataType:
      'DATE|STRING|STRING_TRANSLATABLE|INTEGER_MEASURE|INTEGER_COUNT|INTEGER_CURRENCY|REAL_MEASURE|REAL_COUNT|REAL_CURRENCY|BOOLEAN|IRI|IRDI|RATIONAL|RATIONAL_MEASURE|TIME|TIMESTAMP|FILE|HTML|BLOB',
    definition: 'LangString[]',
    valueFormat: 'string',
    valueList: 'ValueList',
    value: 'string',
    levelType: 'LevelType',
  },
  ValueList: { valueReferencePairs: 'ValueReferencePair[]!' },
  ValueReferencePair: { value: 'string!', valueId: 'Reference' },
  LevelType: { min: 'boolean!', nom: 'boolean!', typ: 'boolean!', max: 'boolean!' },
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
