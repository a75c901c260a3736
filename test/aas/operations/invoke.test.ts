import { encodeIdentifier } from '../../../aas/identifier-encoding.ts';
import { InProcessOperations } from '../../../aas/server/operations/in-process-operations.ts';
import { eventually } from '../../support/eventually.ts';
import {
  type Answer,
  elementPath,
  integer,
  type RunningEnvironment,
  runEnvironment,
} from '../running-environment.ts';
import { MACHINE, SHELL, SHELL_ID, SUBMODEL_ID, sampleHandlers } from './sample-operations.ts';

const { handlers, release, aborted } = sampleHandlers();
const operations = new InProcessOperations(handlers, { resultLifetimeMs: 400 });
let running: RunningEnvironment;

beforeAll(async () => {
  running = await runEnvironment({ operations });
  await running.call('POST', '/submodels', MACHINE);
  await running.call('POST', '/shells', SHELL);
});
afterAll(async () => {
  operations.close();
  await running.stop();
});

const element = (path: string, below: string) => elementPath(SUBMODEL_ID, path, below);
const invoke = (path: string, body?: unknown, below = '/invoke') =>
  running.call('POST', element(path, below), body);
const argument = (value: object) => ({ value });

/** GET without following a redirect. */
async function look(path: string): Promise<Answer> {
  const response = await fetch(`${running.server.url}${path}`, { redirect: 'manual' });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const pathOf = (answer: Answer) => answer.headers.get('location') ?? '';

describe('a synchronous invocation', () => {
  it('gives elements for elements, with in-out arguments and defaults', async () => {
    const answer = await invoke('add', {
      inputArguments: [argument(integer('left', 4))],
      inoutputArguments: [argument(integer('counter', 7))],
      clientTimeoutDuration: 'PT10S',
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      executionState: 'Completed',
      success: true,
      outputArguments: [argument(integer('sum', 14))],
      inoutputArguments: [argument(integer('counter', 8))],
    });
  });

  it('gives values for values', async () => {
    const answer = await invoke(
      'add',
      { inputArguments: { left: 4, right: 5 }, inoutputArguments: { counter: 0 } },
      '/invoke/$value',
    );
    expect(answer.body).toEqual({
      executionState: 'Completed',
      success: true,
      outputArguments: { sum: 9 },
      inoutputArguments: { counter: 1 },
    });
  });

  it('makes elements of nested values by the variables', async () => {
    const inputArguments = { part: { size: 3, name: 'bolt' }, holes: [1, 2] };
    const answer = await invoke('describe', { inputArguments }, '/invoke/$value');
    const [part, holes] = JSON.parse(answer.body.outputArguments.summary);
    expect(part).toEqual([
      { modelType: 'Property', idShort: 'size', valueType: 'xs:int', value: '3' },
      { modelType: 'Property', idShort: 'name', valueType: 'xs:string', value: 'bolt' },
    ]);
    expect(holes).toEqual([
      { modelType: 'Property', valueType: 'xs:int', value: '1' },
      { modelType: 'Property', valueType: 'xs:int', value: '2' },
    ]);
  });

  it.each(['fail', 'tools.fail'])('of %s, which fails inside, is a 200 that says so', async (path) => {
    const answer = await invoke(path);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      executionState: 'Failed',
      success: false,
      messages: [{ code: 'E_WRONG_STATE', messageType: 'Error', text: 'the press is open' }],
    });
  });

  it('ends as Timeout when the time that the client grants is over, and calls the operation off', async () => {
    const answer = await invoke('hang', { clientTimeoutDuration: 'PT0.05S' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      executionState: 'Timeout',
      success: false,
      messages: [{ code: 'E_OPERATION_TIMEOUT' }],
    });
    expect(aborted).toContain('E_OPERATION_TIMEOUT');
  });

  it('works below a shell and for an entry of a list', async () => {
    const path = `/shells/${encodeIdentifier(SHELL_ID)}${element('all[0]', '/invoke')}`;
    expect(await running.call('POST', path, {})).toMatchObject({ status: 200, body: { success: true } });
  });

  it.each([
    ['a missing argument', { inputArguments: [] }],
    ['another value type', { inputArguments: [argument({ ...integer('left', 1), valueType: 'xs:long' })] }],
    ['another model type', { inputArguments: [argument({ modelType: 'Capability', idShort: 'left' })] }],
    [
      'an unknown argument',
      { inputArguments: [argument(integer('left', 1)), argument(integer('middle', 1))] },
    ],
    ['an argument twice', { inputArguments: [argument(integer('left', 1)), argument(integer('left', 2))] }],
    ['a value that is none', { inputArguments: [argument({ ...integer('left', 1), value: 'one' })] }],
    ['arguments that are no list', { inputArguments: { left: 1 } }],
    ['no duration', { inputArguments: [argument(integer('left', 1))], clientTimeoutDuration: '60' }],
    ['an unknown member', { arguments: [] }],
    ['no object', [1]],
  ])('is refused for %s', async (_what, body) => {
    const inoutputArguments = [argument(integer('counter', 0))];
    const answer = await invoke('add', Array.isArray(body) ? body : { inoutputArguments, ...body });
    expect(answer.status).toBe(400);
    expect(answer.body.messages[0].code).toBe('E_INVALID_INPUT');
  });

  it.each([
    ['what is no Operation', 'name', 405, 'E_AAS_WRONG_METHOD'],
    ['what is not there', 'missing', 404, 'E_AAS_NOT_FOUND'],
    ['what nobody performs', 'nobody', 501, 'E_AAS_NOT_BUILT'],
  ])('of %s is refused', async (_what, path, status, code) => {
    for (const below of ['/invoke', '/invoke/$value', '/invoke-async', '/invoke-async/$value']) {
      const answer = await invoke(path, {}, below);
      expect([answer.status, answer.body.messages[0].code]).toEqual([status, code]);
    }
  });
});

describe('an asynchronous invocation', () => {
  it('goes 202, Running, 302, result, with prefix and superpath kept and the handle in base64url', async () => {
    const shell = `/shells/${encodeIdentifier(SHELL_ID)}`;
    const begun = await running.call('POST', `${shell}${element('hang', '/invoke-async')}`, {});
    expect(begun.status).toBe(202);
    const status = pathOf(begun);
    expect(status.startsWith(`${shell}${element('hang', '/operation-status/')}`)).toBe(true);
    const handle = Buffer.from(status.slice(status.lastIndexOf('/') + 1), 'base64url').toString();
    expect(handle).toMatch(/^[0-9a-f-]{36}$/);
    expect(await look(status)).toMatchObject({ status: 200, body: { executionState: 'Running' } });
    const results = status.replace('operation-status', 'operation-results');
    expect(await look(results)).toMatchObject({ status: 200, body: { executionState: 'Running' } });

    release();
    const found = await eventually(async () => {
      const answer = await look(status);
      return answer.status === 302 ? answer : undefined;
    });

    expect(pathOf(found)).toBe(results);
    expect(found.body).toEqual({ executionState: 'Completed', success: true });
    expect((await look(results)).body).toEqual({ executionState: 'Completed', success: true });
    await eventually(async () => (await look(results)).status === 404);
    expect((await look(status)).status).toBe(404);
  });

  it('takes and gives values, and elements of the same result', async () => {
    const body = { inputArguments: { left: 1 }, inoutputArguments: { counter: 1 } };
    const begun = await invoke('add', body, '/invoke-async/$value');
    const results = pathOf(begun).replace('operation-status', 'operation-results');
    const values = await eventually(async () => {
      const answer = await look(`${results}/$value`);
      return answer.body.success === true ? answer : undefined;
    });
    expect(values.body.outputArguments).toEqual({ sum: 11 });
    expect((await look(results)).body.outputArguments).toEqual([argument(integer('sum', 11))]);
  });

  it('that fails inside has a result that says so', async () => {
    const begun = await invoke('fail', {}, '/invoke-async');
    // A client that follows the redirect gets the result.
    const answer = await eventually(async () => {
      const response = await fetch(`${running.server.url}${pathOf(begun)}`);
      return response.redirected ? { status: response.status, body: await response.json() } : undefined;
    });
    expect(answer).toMatchObject({ status: 200, body: { executionState: 'Failed', success: false } });
  });

  it('has a handle that is known for its own operation only', async () => {
    const begun = await invoke('hang', { clientTimeoutDuration: 'PT0.05S' }, '/invoke-async');
    const other = pathOf(begun).replace('/hang/', '/fail/');
    expect((await look(other)).status).toBe(404);
    expect((await look(element('hang', '/operation-status/%21'))).status).toBe(400);
    await eventually(async () => (await look(pathOf(begun))).body.executionState === 'Timeout');
  });
});

describe('the end of the server', () => {
  it('cancels what runs', async () => {
    const ending = sampleHandlers();
    const runner = new InProcessOperations(ending.handlers);
    const call = {
      submodelId: SUBMODEL_ID,
      idShortPath: 'hang',
      operation: {},
      inputArguments: [],
      inoutputArguments: [],
    };
    const outcome = runner.run(call);
    runner.close();
    expect(await outcome).toMatchObject({ executionState: 'Canceled', messages: [{ code: 'E_ABORTED' }] });
  });
});
