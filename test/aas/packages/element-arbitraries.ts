import fc from 'fast-check';

/** Environments as fast-check draws them: every class of the metamodel, without empty lists. */

const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{1,6}$/);
const idShort = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,8}[A-Za-z0-9_]$/);
/** Any text that XML can express, blanks and line ends at its borders included. */
const anyText = fc
  .string({ unit: 'binary', maxLength: 12 })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what XML cannot express
  .map((text) => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, ' '));
const notEmpty = anyText.map((text) => `x${text}`);
const languages = fc
  .uniqueArray(fc.constantFrom('en', 'de', 'fr-CA', 'zh'), { minLength: 1, maxLength: 3 })
  .chain((tags) =>
    fc.tuple(...tags.map((language) => fc.record({ language: fc.constant(language), text: notEmpty }))),
  );
const optional = { requiredKeys: [] as never[] };

const key = fc.record({
  type: fc.constantFrom('GlobalReference', 'Submodel', 'Property', 'SubmodelElementCollection'),
  value: notEmpty,
});
const plainReference = fc.record({
  type: fc.constantFrom('ExternalReference' as const, 'ModelReference' as const),
  keys: fc.array(key, { minLength: 1, maxLength: 3 }),
});
const reference = fc.oneof(
  plainReference,
  fc
    .tuple(plainReference, plainReference)
    .map(([outer, referredSemanticId]) => ({ ...outer, referredSemanticId })),
);
const references = fc.array(reference, { minLength: 1, maxLength: 2 });

/** Puts members of several records together and leaves out what is undefined. */
const merged = (...parts: fc.Arbitrary<object>[]) =>
  fc.tuple(...parts).map((objects) => Object.assign({}, ...objects) as Record<string, unknown>);

const semantics = fc.record({ semanticId: reference, supplementalSemanticIds: references }, optional);
const extensions = fc.record(
  {
    extensions: fc.array(
      merged(
        semantics,
        fc.record({ name: word }),
        fc.record({ valueType: fc.constant('xs:string'), value: anyText, refersTo: references }, optional),
      ),
      { minLength: 1, maxLength: 2 },
    ),
  },
  optional,
);
const referable = merged(
  extensions,
  fc.record({ category: notEmpty, displayName: languages, description: languages }, optional),
);
const iec61360 = merged(
  fc.record({ modelType: fc.constant('DataSpecificationIec61360'), preferredName: languages }),
  fc.record(
    {
      shortName: languages,
      unit: notEmpty,
      unitId: reference,
      sourceOfDefinition: notEmpty,
      symbol: notEmpty,
      dataType: fc.constantFrom('STRING', 'REAL_MEASURE'),
      definition: languages,
      valueFormat: notEmpty,
      valueList: fc.record({
        valueReferencePairs: fc.array(
          merged(fc.record({ value: notEmpty }), fc.record({ valueId: reference }, optional)),
          { minLength: 1, maxLength: 2 },
        ),
      }),
      value: notEmpty,
      levelType: fc.record({ min: fc.boolean(), nom: fc.boolean(), typ: fc.boolean(), max: fc.boolean() }),
    },
    optional,
  ),
);
const dataSpecifications = fc.record(
  {
    embeddedDataSpecifications: fc.array(
      fc.record({ dataSpecification: reference, dataSpecificationContent: iec61360 }),
      { minLength: 1, maxLength: 1 },
    ),
  },
  optional,
);
const qualifiers = fc.record(
  {
    qualifiers: fc.array(
      merged(
        semantics,
        fc.record({ type: word, valueType: fc.constant('xs:int') }),
        fc.record(
          { kind: fc.constant('ConceptQualifier'), value: fc.constant('3'), valueId: reference },
          optional,
        ),
      ),
      { minLength: 1, maxLength: 1 },
    ),
  },
  optional,
);
const base = merged(referable, semantics, qualifiers, dataSpecifications);

const element = (modelType: string, ...own: fc.Arbitrary<object>[]) =>
  merged(fc.record({ modelType: fc.constant(modelType), idShort }), base, ...own);

const specificAssetIds = fc.array(
  merged(
    semantics,
    fc.record({ name: word, value: notEmpty }),
    fc.record({ externalSubjectId: reference }, optional),
  ),
  { minLength: 1, maxLength: 2 },
);

const dataElements = [
  element(
    'Property',
    fc.record({ valueType: fc.constant('xs:string') }),
    fc.record({ value: anyText, valueId: reference }, optional),
  ),
  element('MultiLanguageProperty', fc.record({ value: languages, valueId: reference }, optional)),
  element(
    'Range',
    fc.record({ valueType: fc.constant('xs:int') }),
    fc.record({ min: fc.constant('-1'), max: fc.constant('7') }, optional),
  ),
  element(
    'File',
    fc.record({ contentType: fc.constant('a/b'), value: fc.constant('/aasx/x.bin') }, optional),
  ),
  element(
    'Blob',
    fc.record(
      {
        contentType: fc.constant('a/b'),
        value: fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString('base64')),
      },
      optional,
    ),
  ),
  element('ReferenceElement', fc.record({ value: reference }, optional)),
];
const dataElement = fc.oneof(...dataElements);
const relation = fc.record({ first: reference, second: reference }, optional);

const uniquely = (items: fc.Arbitrary<Record<string, unknown>>) =>
  fc.uniqueArray(items, { minLength: 1, maxLength: 3, selector: (item) => item['idShort'] });

/** Any submodel element, nested a few levels. */
export const submodelElement = fc.letrec<{ element: Record<string, unknown> }>((tie) => ({
  element: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    dataElement,
    element('RelationshipElement', relation),
    element(
      'AnnotatedRelationshipElement',
      relation,
      fc.record({ annotations: uniquely(dataElement) }, optional),
    ),
    element('Capability'),
    element(
      'BasicEventElement',
      fc.record({
        observed: reference,
        direction: fc.constantFrom('input', 'output'),
        state: fc.constantFrom('on', 'off'),
      }),
      fc.record(
        {
          messageTopic: notEmpty,
          messageBroker: reference,
          lastUpdate: fc.constant('2026-01-01T00:00:00Z'),
          minInterval: fc.constant('PT1S'),
          maxInterval: fc.constant('PT1M'),
        },
        optional,
      ),
    ),
    element('SubmodelElementCollection', fc.record({ value: uniquely(tie('element')) }, optional)),
    element(
      'SubmodelElementList',
      fc.record({ typeValueListElement: fc.constant('SubmodelElement') }),
      fc.record(
        {
          orderRelevant: fc.boolean(),
          semanticIdListElement: reference,
          valueTypeListElement: fc.constant('xs:string'),
          value: fc.array(tie('element'), { minLength: 1, maxLength: 3 }),
        },
        optional,
      ),
    ),
    element(
      'Entity',
      fc.record(
        {
          statements: uniquely(tie('element')),
          entityType: fc.constantFrom('CoManagedEntity', 'SelfManagedEntity'),
          globalAssetId: notEmpty,
          specificAssetIds,
        },
        optional,
      ),
    ),
    element(
      'Operation',
      fc.record(
        {
          inputVariables: fc.array(fc.record({ value: tie('element') }), { minLength: 1, maxLength: 2 }),
          outputVariables: fc.array(fc.record({ value: tie('element') }), { minLength: 1, maxLength: 2 }),
          inoutputVariables: fc.array(fc.record({ value: tie('element') }), { minLength: 1, maxLength: 2 }),
        },
        optional,
      ),
    ),
  ),
})).element;

const identifiable = merged(
  fc.record(
    {
      idShort,
      administration: merged(
        dataSpecifications,
        fc.record(
          { version: fc.constant('1'), revision: fc.constant('2'), creator: reference, templateId: notEmpty },
          optional,
        ),
      ),
    },
    optional,
  ),
  referable,
);
const byId = (kind: string, item: fc.Arbitrary<Record<string, unknown>>) =>
  fc
    .array(item, { minLength: 1, maxLength: 2 })
    .map((items) => items.map((entry, index) => ({ id: `urn:test:${kind}:${index}`, ...entry })));

const shell = merged(
  fc.record({ modelType: fc.constant('AssetAdministrationShell') }),
  identifiable,
  dataSpecifications,
  fc.record({
    assetInformation: merged(
      fc.record({ assetKind: fc.constantFrom('Instance', 'Type', 'NotApplicable', 'Role') }),
      fc.record(
        {
          globalAssetId: notEmpty,
          specificAssetIds,
          assetType: notEmpty,
          defaultThumbnail: merged(
            fc.record({ path: fc.constant('/thumbnail.png') }),
            fc.record({ contentType: fc.constant('image/png') }, optional),
          ),
        },
        optional,
      ),
    ),
  }),
  fc.record({ derivedFrom: reference, submodels: references }, optional),
);
const submodel = merged(
  fc.record({ modelType: fc.constant('Submodel') }),
  identifiable,
  semantics,
  qualifiers,
  dataSpecifications,
  fc.record(
    { kind: fc.constantFrom('Instance', 'Template'), submodelElements: uniquely(submodelElement) },
    optional,
  ),
);
const conceptDescription = merged(
  fc.record({ modelType: fc.constant('ConceptDescription') }),
  identifiable,
  dataSpecifications,
  fc.record({ isCaseOf: references }, optional),
);

/** Environments whose structure is sound; other rules of the metamodel may be broken. */
export const environment = fc.record(
  {
    assetAdministrationShells: byId('shell', shell),
    submodels: byId('submodel', submodel),
    conceptDescriptions: byId('concept', conceptDescription),
  },
  optional,
);
