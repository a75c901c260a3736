import { eventually } from '../../support/eventually.ts';
import { type Answer, call } from './support/call.ts';
import { Stage } from './support/stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterAll(() => stage.close());

const encoded = (id: string) => Buffer.from(id).toString('base64url');

function read(path: string): Promise<Answer> {
  return call(stage.aggregator.aas, 'GET', path);
}

async function shellIdOf(collection: 'federations' | 'participants', id: string): Promise<string> {
  return (await stage.aggregator.get(`/api/${collection}/${id}`)).body.shellId;
}

/** The submodels of a shell, by their idShorts. */
async function submodelsOf(shellId: string): Promise<Map<string, { id: string }>> {
  const { body } = await read(`/shells/${encoded(shellId)}/submodel-refs`);
  const ids: string[] = body.result.map(({ keys }: { keys: { value: string }[] }) => keys[0]!.value);
  const submodels = await Promise.all(ids.map(async (id) => (await read(`/submodels/${encoded(id)}`)).body));
  return new Map(submodels.map((submodel) => [submodel.idShort, submodel]));
}

const valueOnly = async (id: string) => (await read(`/submodels/${encoded(id)}/$value`)).body;

const MACHINE = {
  interface: {
    endpoint: 'opc.tcp://press-1:4840',
    securityMode: 'SignAndEncrypt' as const,
    userIdentityToken: 'UserName' as const,
    signals: [{ name: 'vibration', node: 'nsu=urn:press;s=Wave' }],
  },
  nameplate: {
    manufacturerName: 'Presses Ltd',
    manufacturerProductDesignation: 'Press 400',
    orderCodeOfManufacturer: 'P400',
    address: { street: 'High Street 1', zipcode: '12345', cityTown: 'Springfield', nationalCode: 'GB' },
  },
};

describe('what an AAS client reads of a federation', () => {
  let run: string;

  beforeAll(async () => {
    const token = await stage.create('press-shop');
    const trainer = stage.trainer('hall-1', ['press-1', 'press-2'], { published: { 'press-1': MACHINE } });
    await trainer.start(token);
    run = await stage.startRun('press-shop');
    await stage.ended(run);
  });

  it('has every submodel of the federation on its shell', async () => {
    const submodels = await submodelsOf(await shellIdOf('federations', 'press-shop'));

    expect([...submodels.keys()].sort()).toEqual([
      'Commands',
      'ContactInformations',
      'Federation',
      'HierarchicalStructures',
      'Run',
      'TimeSeries',
    ]);
    const agreement = await valueOnly(submodels.get('Federation')!.id);
    expect(agreement).toMatchObject({ federation: 'press-shop', rounds: 2, strategy: 'fed-avg' });
  });

  it('has a record for each version, with the figures of its evaluation', async () => {
    const shellId = await shellIdOf('federations', 'press-shop');
    const series = (await submodelsOf(shellId)).get('TimeSeries')!.id;

    const segment = await eventually(async () => {
      const segments = (await valueOnly(series)).Segments;
      const [only] = Object.values(segments) as [
        { State: string; RecordCount: number; Records: Record<string, object> },
      ];
      expect(only).toMatchObject({ State: 'completed', RecordCount: 3 });
      expect(only.Records['Record2']).toHaveProperty('accuracy');
      return only;
    });

    expect(Object.keys(segment.Records)).toEqual(['Record0', 'Record1', 'Record2']);
    expect(segment.Records['Record0']).toMatchObject({ round: 0, modelVersion: 0, accuracy: 0.5 });
    expect(segment.Records['Record2']).toMatchObject({
      round: 2,
      modelVersion: 2,
      accuracy: 0.7,
      contributors: 2,
    });
  });

  it('names the participants by their global asset ids', async () => {
    const structure = (await submodelsOf(await shellIdOf('federations', 'press-shop'))).get(
      'HierarchicalStructures',
    )!;
    const { body: participant } = await read(
      `/shells/${encoded(await shellIdOf('participants', 'press-1'))}`,
    );

    const { body: node } = await read(
      `/submodels/${encoded(structure.id)}/submodel-elements/press_shop.Node_press_1`,
    );

    expect(node.globalAssetId).toBe(participant.assetInformation.globalAssetId);
  });

  it('has a list of the software that a version needs, as a file', async () => {
    const { body: version } = await stage.aggregator.get('/api/federations/press-shop/versions/2');
    const deployment = (await submodelsOf(version.shellId)).get('AIDeployment')!;

    const { status, body } = await read(
      `/submodels/${encoded(deployment.id)}/submodel-elements/SoftwareRequirements.Requirements/attachment`,
    );

    expect([status, body]).toEqual([200, expect.stringContaining('safetensors')]);
  });

  it('tells how a version does in a later run against the run that made it', async () => {
    await stage.ended(await stage.startRun('press-shop', { rounds: 1 }));
    const { body: version } = await stage.aggregator.get('/api/federations/press-shop/versions/2');
    const deployment = (await submodelsOf(version.shellId)).get('AIDeployment')!;

    const monitoring = await eventually(async () => {
      const value = (await valueOnly(deployment.id)).LiveMonitoring;
      expect(value).toBeDefined();
      return value;
    });

    expect(monitoring.DriftMetrics).toEqual({ PerformanceDrift: '0' });
    const segments = (
      await valueOnly((await submodelsOf(await shellIdOf('federations', 'press-shop'))).get('TimeSeries')!.id)
    ).Segments;
    expect(Object.values(segments).map((each) => (each as { RecordCount: number }).RecordCount)).toEqual([
      3, 1,
    ]);
  });
});

describe('what an AAS client reads of a machine', () => {
  it('is what its trainer file allows, and no more', async () => {
    const open = await submodelsOf(await shellIdOf('participants', 'press-1'));
    const closed = await submodelsOf(await shellIdOf('participants', 'press-2'));

    expect([...open.keys()].sort()).toEqual([
      'AIDataset',
      'AssetInterfacesDescription',
      'AssetInterfacesMappingConfiguration',
      'Commands',
      'Nameplate',
      'Participant',
      'TimeSeries',
    ]);
    expect([...closed.keys()].sort()).toEqual(['AIDataset', 'Commands', 'Participant']);
    expect(JSON.stringify([...closed.values()])).not.toContain('opc.tcp');
  });

  it('leads from each signal to where it is served', async () => {
    const submodels = await submodelsOf(await shellIdOf('participants', 'press-1'));
    const mapping = submodels.get('AssetInterfacesMappingConfiguration')!.id;
    const path = 'MappingConfigurations%5B0%5D.Sources%5B0%5D.Source';

    const { body: source } = await read(`/submodels/${encoded(mapping)}/submodel-elements/${path}`);
    const [submodel, ...keys] = source.value.keys as { value: string }[];
    const { body: signal } = await read(
      `/submodels/${encoded(submodel!.value)}/submodel-elements/${keys.map(({ value }) => value).join('.')}/$value`,
    );

    expect(signal.forms.href).toBe('/?id=nsu=urn:press;s=Wave');
  });

  it('ends when the trainer joins without it', async () => {
    const { body } = await stage.aggregator.post('/api/federations/press-shop/tokens');
    const shellId = await shellIdOf('participants', 'press-1');
    const description = (await submodelsOf(shellId)).get('AssetInterfacesDescription')!.id;
    await stage.stopTrainers();
    const trainer = stage.trainer('hall-5', ['press-5'], { published: { 'press-5': MACHINE } });
    await trainer.start(body.joinToken);
    const other = await shellIdOf('participants', 'press-5');
    await eventually(async () => (await submodelsOf(other)).size === 7);

    trainer.published = {};
    expect((await trainer.join()).status).toBe(200);

    await eventually(async () => {
      const left = [...(await submodelsOf(other)).keys()].sort();
      return left.join() === 'AIDataset,Commands,Participant';
    });
    // The other machine still allows it.
    expect((await read(`/submodels/${encoded(description)}`)).status).toBe(200);
  });
});

describe("the aggregator's own shell", () => {
  it('is found by its installation, with its software and its interfaces', async () => {
    const { body } = await stage.aggregator.get('/api/federations/press-shop');
    const shellId = body.shellId.replace(/federation:press-shop$/, 'aggregator');

    const submodels = await eventually(async () => {
      const found = await submodelsOf(shellId);
      expect((await valueOnly(found.get('AssetInterfacesDescription')!.id)).InterfaceHTTP).toBeDefined();
      return found;
    });

    expect([...submodels.keys()]).toEqual(['SoftwareNameplate', 'AssetInterfacesDescription']);
    const interfaces = await valueOnly(submodels.get('AssetInterfacesDescription')!.id);
    const { base } = interfaces.InterfaceHTTP.EndpointMetadata;
    const { href } = interfaces.InterfaceHTTP.InteractionMetadata.properties.status.forms;
    expect((await fetch(new URL(href, base))).status).toBe(200);
  });

  it('brings the concept descriptions of our own ids', async () => {
    const id = 'urn:fedshell:submodel:run:1:0:aggregatedAccuracy';

    const concept = await eventually(async () => {
      const answer = await read(`/concept-descriptions/${encoded(id)}`);
      expect(answer.status).toBe(200);
      return answer.body;
    });

    expect(concept.idShort).toBe('aggregatedAccuracy');
  });
});
