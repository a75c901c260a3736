import { type RunningEnvironment, runEnvironment } from '../aas/running-environment.ts';
import { codeOf, dataOf, metamodel, sdk } from './load-sdk.ts';

const { types } = metamodel;
const SHELL = 'urn:sdk:shell';
const SUBMODEL = 'urn:sdk:submodel';

let ours: RunningEnvironment;
let configuration: InstanceType<typeof sdk.Configuration>;
beforeAll(async () => {
  ours = await runEnvironment();
  configuration = new sdk.Configuration({ basePath: ours.server.url });
});
afterAll(() => ours.stop());

function property(idShort: string, value: string, type = types.DataTypeDefXsd.String) {
  const made = new types.Property(type);
  made.idShort = idShort;
  made.value = value;
  return made;
}

function submodel() {
  const file = new types.File('application/octet-stream');
  file.idShort = 'Model';
  const made = new types.Submodel(SUBMODEL);
  made.idShort = 'Example';
  made.submodelElements = [property('state', 'idle'), property('round', '2', types.DataTypeDefXsd.Int), file];
  return made;
}

function shell() {
  const asset = new types.AssetInformation(types.AssetKind.Instance);
  asset.globalAssetId = 'urn:sdk:asset';
  asset.specificAssetIds = [new types.SpecificAssetId('serial', '4711')];
  const made = new types.AssetAdministrationShell(SHELL, asset);
  made.idShort = 'Shell';
  const key = new types.Key(types.KeyTypes.Submodel, SUBMODEL);
  made.submodels = [new types.Reference(types.ReferenceTypes.ModelReference, [key])];
  return made;
}

describe('the BaSyx TypeScript SDK 1.0.2', () => {
  it('writes and reads submodels and their elements in our repository', async () => {
    const client = new sdk.SubmodelRepositoryClient();
    const one = { configuration, submodelIdentifier: SUBMODEL };
    const state = { ...one, idShortPath: 'state' };

    const created = dataOf(await client.postSubmodel({ configuration, submodel: submodel() }));
    const twice = await client.postSubmodel({ configuration, submodel: submodel() });
    const { result } = dataOf(await client.getAllSubmodels({ configuration, idShort: 'Example' }));
    // The SDK's type of a value is an object, the specification's is any JSON value.
    const submodelElementValue = 'running' as never;
    const patched = await client.patchSubmodelElementByPathValueOnly({ ...state, submodelElementValue });
    const value: unknown = dataOf(await client.getSubmodelElementByPathValueOnly(state));
    const read = dataOf(await client.getSubmodelById(one));
    const unknown = await client.getSubmodelById({ configuration, submodelIdentifier: 'urn:none' });

    expect([created.id, codeOf(twice), result.length, patched.success]).toEqual([
      SUBMODEL,
      'E_ALREADY_EXISTS',
      1,
      true,
    ]);
    expect([value, read.submodelElements?.length, codeOf(unknown)]).toEqual([
      'running',
      3,
      'E_AAS_NOT_FOUND',
    ]);
  });

  it('replaces a submodel, and stores a new element below it', async () => {
    const client = new sdk.SubmodelRepositoryClient();
    const one = { configuration, submodelIdentifier: SUBMODEL };
    const element = property('added', 'later');

    const replaced = await client.putSubmodelById({ ...one, submodel: submodel() });
    const posted = await client.postSubmodelElement({ ...one, submodelElement: element });
    const all = dataOf(await client.getAllSubmodelElements(one));

    expect([replaced.success, posted.success]).toEqual([true, true]);
    expect(all.result.map(({ idShort }) => idShort)).toContain('added');
  });

  it('writes and reads shells in our repository', async () => {
    const client = new sdk.AasRepositoryClient();
    const one = { configuration, aasIdentifier: SHELL };

    const created = dataOf(
      await client.postAssetAdministrationShell({ configuration, assetAdministrationShell: shell() }),
    );
    const found = dataOf(
      await client.getAllAssetAdministrationShells({
        configuration,
        assetIds: [{ name: 'serial', value: '4711' }],
      }),
    );
    const asset = dataOf(await client.getAssetInformation(one));
    const references = dataOf(await client.getAllSubmodelReferences(one));

    expect([created.id, found.result.map(({ id }) => id)]).toEqual([SHELL, [SHELL]]);
    expect([asset.globalAssetId, references.result[0]?.keys[0]?.value]).toEqual(['urn:sdk:asset', SUBMODEL]);
  });

  it('finds in our registries what the repositories hold', async () => {
    const shells = new sdk.AasRegistryClient();
    const submodels = new sdk.SubmodelRegistryClient();

    const descriptor = dataOf(
      await shells.getAssetAdministrationShellDescriptorById({ configuration, aasIdentifier: SHELL }),
    );
    const inside = dataOf(
      await submodels.getSubmodelDescriptorById({ configuration, submodelIdentifier: SUBMODEL }),
    );
    const { result } = dataOf(await shells.getAllAssetAdministrationShellDescriptors({ configuration }));

    const id = Buffer.from(SUBMODEL).toString('base64url');
    expect([descriptor.id, descriptor.submodelDescriptors?.[0]?.id]).toEqual([SHELL, SUBMODEL]);
    expect(inside.endpoints[0]).toMatchObject({
      _interface: 'SUBMODEL-3.0',
      protocolInformation: { href: `${ours.server.url}/submodels/${id}` },
    });
    expect(result.map((each) => each.id)).toEqual([SHELL]);
  });

  it('registers something of somebody else at our registries, and takes it out again', async () => {
    const client = new sdk.SubmodelRegistryClient();
    const { result } = dataOf(await client.getAllSubmodelDescriptors({ configuration }));
    const [template] = result;
    const submodelDescriptor = Object.assign(template!, { id: 'urn:elsewhere', idShort: 'Elsewhere' });
    const one = { configuration, submodelIdentifier: 'urn:elsewhere' };

    const posted = await client.postSubmodelDescriptor({ configuration, submodelDescriptor });
    const read = dataOf(await client.getSubmodelDescriptorById(one));
    const put = await client.putSubmodelDescriptorById({ ...one, submodelDescriptor });
    const deleted = await client.deleteSubmodelDescriptorById(one);
    const gone = await client.getSubmodelDescriptorById(one);

    expect([posted.success, read.idShort, put.success]).toEqual([true, 'Elsewhere', true]);
    expect([deleted.success, codeOf(gone)]).toEqual([true, 'E_AAS_NOT_FOUND']);
  });

  it('finds shells by their asset in our discovery, and links more', async () => {
    const client = new sdk.AasDiscoveryClient();
    const one = { configuration, aasIdentifier: SHELL };
    const specificAssetId = [new types.SpecificAssetId('inventory', '42')];
    const search = (name: string, value: string) =>
      client.getAllAssetAdministrationShellIdsByAssetLink({ configuration, assetIds: [{ name, value }] });

    const byAsset = dataOf(await search('globalAssetId', 'urn:sdk:asset'));
    const posted = await client.postAllAssetLinksById({ ...one, specificAssetId });
    const byLink = dataOf(await search('inventory', '42'));
    const links = dataOf(await client.getAllAssetLinksById(one));

    expect([byAsset.result, posted.success, byLink.result]).toEqual([[SHELL], true, [SHELL]]);
    expect(links.map(({ name }) => name)).toContain('inventory');
  });

  it('deletes what it wrote', async () => {
    const one = { configuration, submodelIdentifier: SUBMODEL };
    const client = new sdk.SubmodelRepositoryClient();

    const deleted = await client.deleteSubmodelById(one);
    const again = await client.deleteSubmodelById(one);
    const shells = await new sdk.AasRepositoryClient().deleteAssetAdministrationShellById({
      configuration,
      aasIdentifier: SHELL,
    });

    expect([deleted.success, codeOf(again), shells.success]).toEqual([true, 'E_AAS_NOT_FOUND', true]);
  });
});
