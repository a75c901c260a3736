import { once } from 'node:events';
import { createServer } from 'node:net';
import { delegationRule } from '../../../aas/server/operations/delegate-invocation.ts';
import { InProcessOperations } from '../../../aas/server/operations/in-process-operations.ts';
import { OperationHandlers } from '../../../aas/server/operations/operation-handlers.ts';
import {
  elementPath,
  type RunningEnvironment,
  runEnvironment,
  submodelPath,
} from '../../aas/running-environment.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from './support/call.ts';
import { Stage } from './support/stage.ts';

let outside: RunningEnvironment;
let operations: InProcessOperations;
let stage: Stage;
let commands: string;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

beforeAll(async () => {
  const port = await freePort();
  const api = `http://127.0.0.1:${port}`;
  const handlers = new OperationHandlers();
  handlers.addRule(delegationRule([{ origin: api }]));
  operations = new InProcessOperations(handlers);
  outside = await runEnvironment({ operations });
  const target = { id: 'plant', repository: { url: outside.server.url }, delegationBaseUrl: api };
  stage = await Stage.open({ port, outside: { targets: [target], delegationCallers: ['127.0.0.1'] } });
  await stage.create('press-shop');
  const { body } = await stage.aggregator.get('/api/federations/press-shop');
  commands = `${body.shellId}:Commands`;
  await eventually(async () => (await outside.call('GET', submodelPath(commands))).status === 200);
});
afterAll(async () => {
  await stage.close();
  await outside.stop();
  operations.close();
});

const argument = (idShort: string, value: string) => ({
  value: { modelType: 'Property', idShort, valueType: 'xs:string', value },
});
const delegated = (name: string, body?: unknown, submodel = commands) =>
  stage.aggregator.post(`/operations/${name}?submodel=${Buffer.from(submodel).toString('base64url')}`, body);

describe('an operation of a copy in an outside repository', () => {
  it('is carried out by us when it is invoked there', async () => {
    const { body } = await outside.call('POST', elementPath(commands, 'startTraining', '/invoke'), {
      inputArguments: [argument('parameters', '{"rounds":1}')],
    });

    const { result } = JSON.parse(body.outputArguments[0].value.value);
    const { body: runs } = await stage.aggregator.get('/api/runs');
    expect([body.executionState, body.success]).toEqual(['Completed', true]);
    expect(runs.map(({ federation }: { federation: string }) => federation)).toEqual(['press-shop']);
    expect(JSON.stringify(result)).toContain(runs[0].id);
  });
});

describe('the way back of a delegation', () => {
  it('takes a list of arguments and answers a list of results [invokeDelegated]', async () => {
    const { status, body } = await delegated('getState', []);

    expect([status, body.length, body[0].value.idShort]).toEqual([200, 1, 'result']);
  });

  it('refuses what is empty, no list, or no argument of the operation', async () => {
    const answers = [
      await delegated('startTraining'),
      await delegated('startTraining', { inputArguments: [] }),
      await delegated('startTraining', [argument('unknown', 'x')]),
    ];

    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
  });

  it('knows no operations but those of our Commands', async () => {
    const noOperation = await delegated('nothing', []);
    const noSubmodel = await delegated('getState', [], 'urn:somebody-else');

    expect([noOperation.status, noSubmodel.status]).toEqual([404, 404]);
  });

  it('is there for the callers of the settings only, and for nobody without any', async () => {
    const settings = { outside: { delegationCallers: ['192.0.2.1'] } };
    const other = await Stage.open(settings);
    const none = await Stage.open();
    const path = `/operations/getState?submodel=${Buffer.from(commands).toString('base64url')}`;

    const refused = await call(other.aggregator.url, 'POST', path, []);
    const off = await call(none.aggregator.url, 'POST', path, []);

    await other.close();
    await none.close();
    expect([refused.status, refused.body.code, off.status]).toEqual([403, 'E_FORBIDDEN', 404]);
  });
});
