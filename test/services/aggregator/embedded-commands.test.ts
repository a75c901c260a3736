import { type RunningEnvironment, runEnvironment } from '../../aas/running-environment.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from './support/call.ts';
import { sha256 } from './support/federation.ts';
import { Stage } from './support/stage.ts';
import { startTestAggregator } from './support/test-aggregator.ts';

let outside: RunningEnvironment;
let stage: Stage;

beforeAll(async () => {
  outside = await runEnvironment();
  const server = { url: outside.server.url };
  const target = { id: 'plant', repository: server, aasRegistry: server, submodelRegistry: server };
  stage = await Stage.open({ outside: { embedded: 'commands', targets: [target] } });
});
afterAll(async () => {
  await stage.close();
  await outside.stop();
});

describe('an aggregator that leaves its AAS to an outside environment', () => {
  it('serves the Commands itself and publishes everything else there', async () => {
    const token = await stage.create('press-shop', { rounds: 1 });
    await stage.trainer('hall-1', ['press-1']).start(token);
    const run = await stage.ended(await stage.startRun('press-shop'));
    const { body: version } = await stage.aggregator.get('/api/federations/press-shop/versions/1');
    const file = await eventually(async () => {
      const response = await fetch(version.attachmentUrl);
      return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
    });

    const own = await eventually(async () => {
      const { body } = await call(stage.aggregator.aas, 'GET', '/submodels');
      return body.result.length === 2 ? body.result : undefined;
    });
    await eventually(async () => {
      const { body } = await stage.aggregator.get('/api/status');
      return body.targets[0].pending === 0;
    });
    const { body: entries } = await outside.call('GET', '/submodel-descriptors');
    const commands = entries.result.filter(({ idShort }: { idShort: string }) => idShort === 'Commands');
    const hrefs = commands.map(
      (entry: { endpoints: { protocolInformation: { href: string } }[] }) =>
        entry.endpoints[0]!.protocolInformation.href,
    );
    expect(run.state).toBe('completed');
    expect(version.attachmentUrl.startsWith(outside.server.url)).toBe(true);
    expect(sha256(file)).toBe(version.sha256);
    expect(own.map(({ idShort }: { idShort: string }) => idShort)).toEqual(['Commands', 'Commands']);
    expect(hrefs).toHaveLength(2);
    for (const href of hrefs) expect(href.startsWith(stage.aggregator.aas)).toBe(true);
    for (const href of hrefs) expect((await fetch(href)).status).toBe(200);
  });
});

describe('settings of outside environments that do not fit together', () => {
  it('are refused with every fault and its path', async () => {
    const { connection } = stage.redis;
    const repeated = { id: 'plant', aasRegistry: { url: 'http://127.0.0.1:1' } };
    const outsideAas = {
      embedded: 'commands',
      targets: [repeated, repeated, { id: 'empty', externalUrl: 'http://127.0.0.1:1' }],
      delegationCallers: ['everybody'],
    };

    const start = startTestAggregator({ redis: connection, outside: outsideAas });

    await expect(start).rejects.toMatchObject({
      code: 'E_INVALID_INPUT',
      faults: expect.arrayContaining([
        expect.objectContaining({ path: '/targets/1/id' }),
        expect.objectContaining({ path: '/targets/2' }),
        expect.objectContaining({ path: '/delegationCallers/0' }),
        expect.objectContaining({ path: '/embedded' }),
      ]),
    });
  });
});
