import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as AasCore from '@aas-core-works/aas-core3.0-typescript';

// Its ES modules import without extensions, which Node refuses; its CommonJS build is sound.
const aasCore = createRequire(__filename)('@aas-core-works/aas-core3.0-typescript') as typeof AasCore;

const GOLDEN = join(__dirname, 'golden');

/** What the metamodel library for 3.0 has against a JSON object. */
function faultsOf(json: { modelType: string }): string[] {
  const { jsonization, verification } = aasCore;
  const either =
    json.modelType === 'Submodel'
      ? jsonization.submodelFromJsonable(json as never)
      : jsonization.assetAdministrationShellFromJsonable(json as never);
  if (either.error !== null) return [`${either.error.path.toString()}: ${either.error.message}`];
  return [...verification.verify(either.mustValue())].map(
    ({ path, message }) => `${path.toString()}: ${message}`,
  );
}

describe('what we publish, by the metamodel library of aas-core', () => {
  it.each(readdirSync(GOLDEN))('%s is sound', (name) => {
    expect(faultsOf(JSON.parse(readFileSync(join(GOLDEN, name), 'utf8')))).toEqual([]);
  });

  it('finds a fault where one is planted', () => {
    const submodel = JSON.parse(readFileSync(join(GOLDEN, 'AIDeployment.json'), 'utf8'));
    submodel.submodelElements[0].idShort = 'not an idShort';
    expect(faultsOf(submodel)).not.toEqual([]);
  });
});
