import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as AasCore from '@aas-core-works/aas-core3.0-typescript';
import fc from 'fast-check';
import { checkEnvironment, type EnvironmentJson } from '../../../aas/environment-json.ts';
import type { JsonObject } from '../../../aas/model.ts';
import { findViolations } from '../../../aas/validation/find-violations.ts';
import type { Finding } from '../../../aas/validation/finding.ts';
import { metamodelVersionOf } from '../../../aas/validation/metamodel-version.ts';
import { environment as environments } from './element-arbitraries.ts';

// Its ES modules import without extensions, which Node refuses; its CommonJS build is sound.
const aasCore = createRequire(__filename)('@aas-core-works/aas-core3.0-typescript') as typeof AasCore;

const EVERY_ELEMENT = readFileSync(join(__dirname, 'fixtures', 'every-element.json'), 'utf8');
const GOLDEN = join(__dirname, '..', 'golden');

// Tests change JSON at any place.
type Json = ReturnType<typeof JSON.parse>;

const everyElement = (): Json => JSON.parse(EVERY_ELEMENT);

const findingsOf = (environment: unknown): Finding[] => [
  ...findViolations(environment as JsonObject, 'Environment'),
];

/** Numbered rules that the metamodel library for 3.0 finds broken, with the path of the object. */
function findingsOfAasCore(environment: EnvironmentJson): { rule: string; path: string }[] {
  const either = aasCore.jsonization.environmentFromJsonable(environment as never);
  if (either.error !== null) throw new Error(`${either.error.path}: ${either.error.message}`);
  return [...aasCore.verification.verify(either.mustValue())].flatMap(({ path, message }) => {
    const rule = /AAS[cd]-[0-9a]+(-[0-9]+)?/.exec(message)?.[0];
    const pointer = path.toString().replace(/^\./, '').replaceAll(/\.|\[/g, '/').replaceAll(']', '');
    return rule === undefined ? [] : [{ rule, path: pointer === '' ? '' : `/${pointer}` }];
  });
}

/** Both say the same: each rule that one finds broken in an object, the other does too. */
function expectAgreement(environment: EnvironmentJson): void {
  const theirs = findingsOfAasCore(environment);
  const ours = findingsOf(environment).filter(({ rule }) => /^AAS/.test(rule));
  const unlisted = theirs.filter(
    ({ rule, path }) => !ours.some((finding) => finding.rule === rule && finding.path.startsWith(path)),
  );
  const invented = ours.filter(
    ({ rule, path }) => !theirs.some((finding) => finding.rule === rule && path.startsWith(finding.path)),
  );
  expect({ unlisted, invented }).toEqual({ unlisted: [], invented: [] });
}

/** A drawn environment within what metamodel 3.0 can express. */
function within30(value: Json): Json {
  if (Array.isArray(value)) return value.map(within30);
  if (typeof value !== 'object' || value === null) return value;
  const result = Object.fromEntries(
    Object.entries(value).map(([member, inner]) => [member, within30(inner)]),
  );
  const key = { type: 'ModelReference', keys: [{ type: 'Submodel', value: 'urn:a' }] };
  if (/RelationshipElement$/.test(result['modelType'])) Object.assign(result, { first: key, second: key });
  if (/^(File|Blob)$/.test(result['modelType'])) result['contentType'] = 'a/b';
  for (const pair of result['valueReferencePairs'] ?? []) pair.valueId = key;
  if (result['modelType'] === 'Entity') result['entityType'] ??= 'CoManagedEntity';
  if (result['assetKind'] === 'Role') result['assetKind'] = 'Type';
  if (result['idShort'] !== undefined) result['idShort'] = result['idShort'].replaceAll('-', '_');
  return result;
}

const element = (name: string) => (environment: Json) =>
  environment.submodels[0].submodelElements.find((item: Json) => item.idShort === name);
const mutate = (pick: (environment: Json) => Json, members: object) => (environment: Json) =>
  Object.assign(pick(environment), members);
const shell = (environment: Json) => environment.assetAdministrationShells[0];
const concept = (environment: Json) => environment.conceptDescriptions[0];
const content = (environment: Json) =>
  concept(environment).embeddedDataSpecifications[0].dataSpecificationContent;
const reference = (type: string, ...keys: [string, string][]) => ({
  type,
  keys: keys.map(([keyType, value]) => ({ type: keyType, value })),
});
const template = { kind: 'TemplateQualifier', type: 'x', valueType: 'xs:string' };

/** What breaks one rule each. */
const MUTATIONS: readonly (readonly [string, (environment: Json) => void])[] = [
  ['AASd-005', (environment) => delete shell(environment).administration.version],
  ['AASd-014', (environment) => delete element('Motor')(environment).globalAssetId],
  [
    'AASd-116',
    mutate((environment) => shell(environment).assetInformation.specificAssetIds[0], {
      name: 'globalAssetId',
    }),
  ],
  [
    'AASd-131',
    (environment) => {
      shell(environment).assetInformation = { assetKind: 'Instance' };
    },
  ],
  [
    'AASd-133',
    mutate((environment) => shell(environment).assetInformation.specificAssetIds[0], {
      externalSubjectId: reference('ModelReference', ['Submodel', 'urn:a']),
    }),
  ],
  [
    'AASd-020',
    mutate((environment) => element('RatedPower')(environment).qualifiers[0], {
      valueType: 'xs:int',
      value: '',
    }),
  ],
  [
    'AASd-021',
    (environment) => {
      const { qualifiers } = element('RatedPower')(environment);
      qualifiers.push(qualifiers[0]);
    },
  ],
  [
    'AASd-077',
    (environment) => {
      const { extensions } = element('RatedPower')(environment);
      extensions.push(extensions[0]);
    },
  ],
  ['AASd-090', mutate(element('RatedPower'), { category: 'other' })],
  [
    'AASd-107',
    mutate((environment) => element('Steps')(environment).value[0], {
      semanticId: reference('ExternalReference', ['GlobalReference', 'other']),
    }),
  ],
  ['AASd-109', (environment) => delete element('Steps')(environment).valueTypeListElement],
  ['AASd-109', mutate((environment) => element('Steps')(environment).value[1], { valueType: 'xs:anyURI' })],
  [
    'AASd-114',
    (environment) => {
      delete element('Steps')(environment).semanticIdListElement;
      element('Steps')(environment).value[1].semanticId = reference('ExternalReference', [
        'GlobalReference',
        'other',
      ]);
    },
  ],
  ['AASd-118', (environment) => delete element('RatedPower')(environment).semanticId],
  ['AASd-119', mutate((environment) => environment.submodels[0], { qualifiers: [template] })],
  ['AASd-120', mutate((environment) => element('Steps')(environment).value[0], { idShort: 'One' })],
  ['AASd-129', mutate(element('Maker'), { qualifiers: [template] })],
  [
    'AASd-134',
    mutate((environment) => element('Start')(environment).inputVariables[0].value, { idShort: 'Started' }),
  ],
  ['AASd-117', (environment) => delete element('Start')(environment).inputVariables[0].value.idShort],
  ['AASd-130', mutate(element('RatedPower'), { category: 'CONSTANT\u0001' })],
  ['AASd-108', mutate(element('Steps'), { typeValueListElement: 'EventElement' })],
  ...(
    [
      ['AASd-121', reference('ModelReference', ['Property', 'x'])],
      ['AASd-122', reference('ExternalReference', ['Submodel', 'x'])],
      ['AASd-123', reference('ModelReference', ['GlobalReference', 'x'])],
      ['AASd-124', reference('ExternalReference', ['GlobalReference', 'x'], ['Property', 'x'])],
      ['AASd-125', reference('ModelReference', ['Submodel', 'x'], ['GlobalReference', 'x'])],
      [
        'AASd-126',
        reference('ModelReference', ['Submodel', 'x'], ['FragmentReference', 'x'], ['Property', 'x']),
      ],
      ['AASd-127', reference('ModelReference', ['Submodel', 'x'], ['FragmentReference', 'x'])],
      [
        'AASd-128',
        reference('ModelReference', ['Submodel', 'x'], ['SubmodelElementList', 'x'], ['Property', 'x']),
      ],
    ] as const
  ).map(([rule, value]) => [rule, mutate(element('Twin'), { value })] as const),
  ['AASc-3a-002', mutate((environment) => content(environment).preferredName[0], { language: 'de' })],
  [
    'AASc-3a-004',
    (environment) => {
      concept(environment).category = 'PROPERTY';
      content(environment).dataType = 'IRI';
    },
  ],
  ['AASc-3a-005', mutate(concept, { category: 'REFERENCE' })],
  ['AASc-3a-006', mutate(concept, { category: 'DOCUMENT' })],
  [
    'AASc-3a-007',
    (environment) => {
      concept(environment).category = 'QUALIFIER_TYPE';
      delete content(environment).dataType;
    },
  ],
  ['AASc-3a-008', (environment) => delete content(environment).definition],
  [
    'AASc-3a-009',
    (environment) => {
      delete content(environment).unit;
      delete content(environment).unitId;
    },
  ],
  [
    'AASc-3a-010',
    mutate(
      (environment) =>
        environment.conceptDescriptions[1].embeddedDataSpecifications[0].dataSpecificationContent,
      {
        value: 'x',
      },
    ),
  ],
];

describe('the rules of the metamodel', () => {
  it('find nothing in an environment with every class that keeps them', () => {
    expect(findingsOf(everyElement())).toEqual([]);
    expect(findingsOfAasCore(everyElement())).toEqual([]);
  });

  it.each(readdirSync(GOLDEN))('find nothing in what we emit: %s', (name) => {
    const golden: Json = JSON.parse(readFileSync(join(GOLDEN, name), 'utf8'));
    const type = golden.modelType;

    expect(type === undefined ? [] : [...findViolations(golden, type)]).toEqual([]);
  });

  it.each(MUTATIONS)('find %s where it is broken, as aas-core does', (rule, change) => {
    const environment = everyElement();
    change(environment);
    checkEnvironment(environment);

    expect(findingsOf(environment).map((finding) => finding.rule)).toContain(rule);
    expectAgreement(environment);
  });

  it('agree with aas-core about any environment of metamodel 3.0', () => {
    fc.assert(
      fc.property(environments, (drawn) => {
        const environment = within30(drawn);

        expectAgreement(checkEnvironment(environment));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['lexical', mutate(shell, { category: '' })],
    ['lexical', mutate((environment) => shell(environment).administration, { version: '01' })],
    ['lexical', mutate(element('Manual'), { value: 'not a path' })],
    ['lexical', mutate(element('Manual'), { contentType: 'pdf' })],
    [
      'lexical',
      mutate((environment) => element('RatedPower')(environment).displayName[0], { language: 'a' }),
    ],
    [
      'lexical',
      mutate((environment) => element('RatedPower')(environment).displayName[0], { text: 'x'.repeat(129) }),
    ],
    ['lexical', mutate(element('Stopped'), { lastUpdate: '2026-01-01T00:00:00+01:00' })],
    ['unique-languages', mutate((environment) => element('Maker')(environment).value[1], { language: 'en' })],
    ['empty-list', mutate(shell, { submodels: [] })],
    ['value-type', mutate(element('RatedPower'), { value: '' })],
    ['key-type', mutate((environment) => element('Twin')(environment).value.keys[1], { type: 'Thing' })],
    ['list-type', mutate(element('Documents'), { typeValueListElement: 'Thing', value: [] })],
    [
      'reference-target',
      mutate((environment) => shell(environment).submodels[0].keys[0], { type: 'ConceptDescription' }),
    ],
    ['event-interval', mutate(element('Stopped'), { direction: 'input' })],
    [
      'annotation-type',
      mutate((environment) => element('Feeds')(environment), {
        annotations: [{ modelType: 'Capability', idShort: 'Can' }],
      }),
    ],
    ['AASd-002', mutate(shell, { idShort: 'P' })],
    ['unique-id', mutate((environment) => environment.submodels[0], { id: 'urn:example:pump:shell' })],
  ])('find %s with its path', (rule, change) => {
    const environment = everyElement();
    change(environment);
    checkEnvironment(environment);

    const found = findingsOf(environment).filter((finding) => finding.rule === rule);

    expect(found).toHaveLength(1);
    expect(found[0]?.severity).toBe('error');
    expect(found[0]?.path).toMatch(/^\/(assetAdministrationShells|submodels)\/0/);
  });

  it('warn of what only metamodel 3.1 allows', () => {
    const environment = everyElement();
    environment.assetAdministrationShells[0].assetInformation.assetKind = 'Role';
    environment.assetAdministrationShells[0].idShort = 'Pump-1';
    delete element('Manual')(environment).contentType;
    delete element('Seal')(environment).entityType;
    delete element('Drives')(environment).first;

    const findings = findingsOf(environment);

    expect(findings.map(({ rule, severity }) => `${severity} ${rule}`)).toEqual(
      Array.from({ length: 5 }, () => 'warning only-3.1'),
    );
    expect(metamodelVersionOf(environment, 'Environment')).toBe('3.1');
    expect(metamodelVersionOf(everyElement(), 'Environment')).toBe('3.0');
  });
});
