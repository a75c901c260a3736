import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as AasCore from '@aas-core-works/aas-core3.0-typescript';
import { checkModel } from '../../aas/check-model.ts';
import type { Submodel } from '../../aas/model.ts';
import { federationCommands, participantCommands } from '../../aas/submodels/commands.ts';
import { conceptDescriptions } from '../../aas/submodels/concept-descriptions.ts';
import { templateSubmodels } from '../../aas/submodels/own-templates.ts';
import { packageRoot } from '../../runtime/package-root.ts';
import { FURTHER_SUBMODELS, SUBMODELS } from './sample-publication.ts';

// Its ES modules import without extensions, which Node refuses; its CommonJS build is sound.
const aasCore = createRequire(__filename)('@aas-core-works/aas-core3.0-typescript') as typeof AasCore;

const OWN_ID = /^urn:fedshell:(submodel|concept):/;

function faultsOf(environment: object): string[] {
  const { jsonization, verification } = aasCore;
  const either = jsonization.environmentFromJsonable(environment as never);
  if (either.error !== null) return [`${either.error.path.toString()}: ${either.error.message}`];
  return [...verification.verify(either.mustValue())].map(
    ({ path, message }) => `${path.toString()}: ${message}`,
  );
}

/** Every semantic id of our own in a JSON value. */
function* ownIds(value: unknown): Generator<string> {
  if (typeof value === 'string' && OWN_ID.test(value)) yield value;
  if (typeof value === 'object' && value !== null) {
    for (const [member, inner] of Object.entries(value)) if (member !== 'templateId') yield* ownIds(inner);
  }
}

describe('the concept descriptions', () => {
  const concepts = conceptDescriptions();

  it('explain every id of our own that an instance carries', () => {
    const carried = new Set(
      [
        ...SUBMODELS,
        ...Object.values(FURTHER_SUBMODELS),
        federationCommands('urn:x'),
        participantCommands('urn:y'),
      ].flatMap((submodel) => [...ownIds(submodel)]),
    );
    const explained = concepts.map(({ id }) => id);

    expect([...carried].filter((id) => !explained.includes(id))).toEqual([]);
    expect(carried.size).toBeGreaterThan(50);
  });

  it('have ids of their own', () => {
    const known = concepts.map(({ id }) => id);

    expect(new Set(known).size).toBe(known.length);
  });

  it('are sound in both metamodels', () => {
    for (const concept of concepts) expect(checkModel(concept, 'ConceptDescription')).toBe(concept);
    expect(faultsOf({ conceptDescriptions: concepts })).toEqual([]);
  });
});

describe('a template of our own', () => {
  const instances = new Map<string | undefined, Submodel>(
    [...SUBMODELS, federationCommands('urn:x')].map((submodel) => [submodel.idShort, submodel]),
  );

  it.each(templateSubmodels().map((template) => [template.idShort, template] as const))(
    '%s has the members of its instance',
    (idShort, template) => {
      const members = (submodel: Submodel | undefined) =>
        (submodel?.submodelElements ?? []).map((element) => [
          element.idShort,
          element.modelType,
          element.semanticId,
        ]);

      expect(template.kind).toBe('Template');
      expect(members(template)).toEqual(members(instances.get(idShort)));
    },
  );

  it('is written by the build as an environment that other tools load', () => {
    const folder = join(packageRoot(), 'dist', 'aas', 'templates');
    execFileSync(process.execPath, [join(folder, 'write-templates.js')]);

    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

    expect(files.sort()).toEqual([
      'Commands-1-0.json',
      'Federation-1-0.json',
      'Participant-1-0.json',
      'Run-1-0.json',
    ]);
    for (const file of files) {
      const environment = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      expect(faultsOf(environment)).toEqual([]);
      expect(environment.conceptDescriptions.length).toBeGreaterThan(5);
    }
  });
});
