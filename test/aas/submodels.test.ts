import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkModel } from '../../aas/check-model.ts';
import { METAMODEL } from '../../aas/metamodel.ts';
import { aasIds } from '../../aas/submodels/aas-ids.ts';
import { idShortOf, propertiesOf } from '../../aas/submodels/elements.ts';
import { FURTHER_SUBMODELS, SHELLS, SUBMODELS } from './sample-publication.ts';

/** Every object of a JSON value. */
function* objectsOf(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const inner of Object.values(value)) yield* objectsOf(inner);
}

function* listsOf(value: unknown): Generator<readonly unknown[]> {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) yield value;
  for (const inner of Object.values(value)) yield* listsOf(inner);
}

const EMITTED = [
  ...[...SUBMODELS, ...SHELLS].map((item) => [item.idShort ?? '', item] as const),
  ...Object.entries(FURTHER_SUBMODELS),
];

describe.each(EMITTED)('the emitted %s', (name, item) => {
  it('is as its golden file says', () => {
    const golden = JSON.parse(readFileSync(join(__dirname, 'golden', `${name}.json`), 'utf8'));
    expect(item).toEqual(golden);
  });

  it('has the structure of the metamodel', () => {
    expect(checkModel(item, item.modelType)).toBe(item);
  });

  it('has no member that the metamodel does not know', () => {
    for (const object of objectsOf(item)) {
      const members = METAMODEL[String(object['modelType'])];
      if (members === undefined) continue;
      const unknown = Object.keys(object).filter((member) => member !== 'modelType' && !(member in members));
      expect(unknown).toEqual([]);
    }
  });

  it('stays in the intersection of metamodel 3.0 and 3.1', () => {
    for (const object of objectsOf(item)) {
      const { idShort, contentType, modelType, kind, valueType, value } = object;
      if (idShort !== undefined) expect(idShort).toMatch(/^[a-zA-Z][a-zA-Z0-9_]+$/);
      if (modelType === 'File') expect(contentType).toEqual(expect.any(String));
      if (modelType === 'Submodel') expect(kind).toBe('Instance');
      if (valueType === 'xs:string' && value !== undefined) expect(value).not.toBe('');
      expect(object).not.toHaveProperty('qualifiers');
    }
    for (const list of listsOf(item)) expect(list).not.toEqual([]);
  });

  it('gives every element a meaning', () => {
    for (const object of objectsOf(item)) {
      if (object['modelType'] === undefined || object['modelType'] === 'AssetAdministrationShell') continue;
      expect(object['semanticId']).toEqual({
        type: 'ExternalReference',
        keys: [{ type: 'GlobalReference', value: expect.stringMatching(/\S/) }],
      });
    }
  });
});

describe('idShorts made from names', () => {
  it.each([
    ['window.length', 'window_length'],
    ['1st', 'N_1st'],
    ['a', 'a_'],
    ['press-1', 'press_1'],
    ['', 'N_'],
  ])('turn "%s" into %s', (name, expected) => {
    expect(idShortOf(name)).toBe(expected);
  });

  it('stay unique among siblings', () => {
    const idShorts = propertiesOf({ 'a b': 1, 'a-b': 2, a_b: 3 }, 'urn:x').map(({ idShort }) => idShort);

    expect(idShorts).toEqual(['a_b', 'a_b_2', 'a_b_3']);
  });
});

describe('AAS ids', () => {
  it('are joined by colons below a urn', () => {
    const ids = aasIds('urn:fedshell:1f0c');

    expect(ids.model('gearbox', 'main', 3)).toBe('urn:fedshell:1f0c:model:gearbox:main:3');
    expect(ids.submodel(ids.participant('press-1'), 'AIDataset')).toBe(
      'urn:fedshell:1f0c:participant:press-1:AIDataset',
    );
  });

  it('are joined by slashes below an http address', () => {
    const ids = aasIds('https://plant.example/fl/');

    expect(ids.submodel(ids.federation('gearbox'), 'Run')).toBe(
      'https://plant.example/fl/federation/gearbox/Run',
    );
  });
});
