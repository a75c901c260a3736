import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AddressPolicy } from '../../../aas/server/operations/address-policy.ts';
import { delegationRule } from '../../../aas/server/operations/delegate-invocation.ts';
import { InProcessOperations } from '../../../aas/server/operations/in-process-operations.ts';
import { OperationHandlers } from '../../../aas/server/operations/operation-handlers.ts';
import {
  elementPath,
  integer,
  type RunningEnvironment,
  runEnvironment,
  submodel,
} from '../running-environment.ts';

let target: Server;
let port: number;
let answer: RequestListener;
let received: unknown;
let running: RunningEnvironment;

const ID = 'urn:test:delegated';

beforeAll(async () => {
  target = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received = JSON.parse(body);
    answer(request, response);
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  port = (target.address() as AddressInfo).port;
  const handlers = new OperationHandlers();
  handlers.addRule(
    delegationRule([
      { origin: `http://127.0.0.1:${port}` },
      // Listed by name, but the name leads to this machine.
      { origin: `http://localhost:${port}` },
    ]),
  );
  running = await runEnvironment({ operations: new InProcessOperations(handlers) });
});
afterAll(async () => {
  await running.stop();
  target.closeAllConnections();
  await new Promise((resolve) => target.close(resolve));
});

async function invokeDelegated(
  url: string,
  body: object = { inputArguments: [{ value: integer('left', 1) }] },
) {
  const operation = {
    modelType: 'Operation',
    idShort: 'twice',
    qualifiers: [{ type: 'invocationDelegation', valueType: 'xs:string', value: url }],
    inputVariables: [{ value: { modelType: 'Property', idShort: 'left', valueType: 'xs:int' } }],
    outputVariables: [{ value: { modelType: 'Property', idShort: 'double', valueType: 'xs:int' } }],
  };
  await running.call('PUT', `/submodels/${Buffer.from(ID).toString('base64url')}`, submodel(ID, [operation]));
  return running.call('POST', elementPath(ID, 'twice', '/invoke'), body);
}

describe('a delegated operation', () => {
  it('posts its arguments to a listed server and gives back what that answers', async () => {
    answer = (_request, response) => response.end(JSON.stringify([{ value: integer('double', 2) }]));
    const { status, body } = await invokeDelegated(`http://127.0.0.1:${port}/operations/twice`);
    expect(received).toEqual([{ value: integer('left', 1) }]);
    expect([status, body]).toEqual([
      200,
      { executionState: 'Completed', success: true, outputArguments: [{ value: integer('double', 2) }] },
    ]);
  });

  it.each([
    ['another port', () => `http://127.0.0.1:${port + 1}/`],
    ['the metadata address of a cloud', () => 'http://169.254.169.254/latest/meta-data'],
    ['a file', () => 'file:///etc/passwd'],
    ['a listed name that resolves to this machine', () => `http://localhost:${port}/`],
  ])('fails, and nothing is sent, for %s', async (_what, url) => {
    received = undefined;
    const { status, body } = await invokeDelegated(url());
    expect(status).toBe(200);
    expect(body).toMatchObject({ executionState: 'Failed', messages: [{ code: 'E_FORBIDDEN' }] });
    expect(received).toBeUndefined();
  });

  it.each<[string, RequestListener]>([
    ['a redirect', (_request, response) => response.writeHead(302, { location: 'http://10.0.0.1/' }).end()],
    ['an error', (_request, response) => response.writeHead(500).end()],
    ['no JSON', (_request, response) => response.end('ok')],
    ['no list', (_request, response) => response.end('{}')],
    ['a broken connection', (request) => request.socket.destroy()],
  ])('fails when the server answers with %s', async (_what, listener) => {
    answer = listener;
    const { body } = await invokeDelegated(`http://127.0.0.1:${port}/`);
    expect(body).toMatchObject({ executionState: 'Failed', messages: [{ code: 'E_AAS_REQUEST' }] });
  });

  it('fails when an output is missing, and times out when there is no answer', async () => {
    answer = (_request, response) => response.end('[]');
    expect((await invokeDelegated(`http://127.0.0.1:${port}/`)).body.executionState).toBe('Failed');
    answer = () => undefined;
    const late = { inputArguments: [{ value: integer('left', 1) }], clientTimeoutDuration: 'PT0.1S' };
    expect((await invokeDelegated(`http://127.0.0.1:${port}/`, late)).body.executionState).toBe('Timeout');
  });
});

describe('the list of servers', () => {
  const resolve = (policy: AddressPolicy, url: string): Promise<unknown> => {
    const { url: admitted, lookup } = policy.admit(url);
    return new Promise((done) => lookup(admitted.hostname, {}, (error, address) => done(error ?? address)));
  };

  it('lets a name lead to a network that is listed with it, and to no other', async () => {
    const listed = new AddressPolicy([
      { origin: 'http://localhost:9000', networks: ['127.0.0.0/8', '::1/128'] },
    ]);
    const other = new AddressPolicy([{ origin: 'http://localhost:9000', networks: ['10.0.0.0/8'] }]);
    expect(await resolve(listed, 'http://localhost:9000/x')).toMatch(/^(127\.0\.0\.1|::1)$/);
    expect(await resolve(other, 'http://localhost:9000/x')).toMatchObject({ code: 'E_FORBIDDEN' });
  });

  it('must have origins and networks that are some', () => {
    expect(() => new AddressPolicy([{ origin: 'plant:9000' }])).toThrow('no origin');
    expect(() => new AddressPolicy([{ origin: 'http://a/path' }])).toThrow('no origin');
    expect(() => new AddressPolicy([{ origin: 'http://a', networks: ['10.0.0.0'] }])).toThrow('no network');
  });
});
