import express from 'express';
import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import { openAccess } from '../../aas/server/access/access-control.ts';
import { dispatch } from '../../aas/server/http/dispatch.ts';
import { RouteFinder } from '../../aas/server/http/route-finder.ts';
import { BulkJobs } from '../../aas/server/registry/bulk-jobs.ts';
import { bulkStateRoutes } from '../../aas/server/routes/bulk-routes.ts';
import { eventually } from '../support/eventually.ts';
import { type RunningEnvironment, runEnvironment } from './running-environment.ts';

const endpoints = [{ interface: 'AAS-3.0', protocolInformation: { href: 'http://elsewhere.example' } }];
const shell = (id: string) => ({ id, endpoints });

let running: RunningEnvironment;
beforeAll(async () => {
  running = await runEnvironment();
});
afterAll(() => running.stop());

const look = (path: string) => fetch(`${running.server.url}${path}`, { redirect: 'manual' });

/** Starts a bulk operation and waits for its result. */
async function bulk(method: string, path: string, body: unknown) {
  const started = await running.call(method, path, body);
  const status = started.headers.get('location') ?? '';
  const result = await eventually(async () => (await look(status)).headers.get('location') ?? undefined);
  return { started, status, result, answer: await running.call('GET', result) };
}

describe('bulk operations of the registries', () => {
  it('accept, and give their result when they are done', async () => {
    const { started, status, result, answer } = await bulk('POST', '/api/v3.1/bulk/shell-descriptors', [
      shell('urn:a'),
      shell('urn:b'),
    ]);

    expect(started.status).toBe(202);
    expect(status).toMatch(/^\/api\/v3\.1\/bulk\/status\/[\w-]+$/);
    expect(result).toMatch(/^\/api\/v3\.1\/bulk\/result\/[\w-]+$/);
    expect(answer.status).toBe(204);
    expect((await running.call('GET', '/shell-descriptors')).body.result).toEqual([
      shell('urn:a'),
      shell('urn:b'),
    ]);
  });

  it.each([
    ['POST', [shell('urn:c'), shell('urn:a')], 'entry 1: there already is'],
    ['POST', [shell('urn:c'), { id: 'urn:d', endpoints: 1 }], 'entry 1: not a valid ShellDescriptor'],
    ['PUT', [shell('urn:c'), 'urn:d'], 'entry 1'],
    ['DELETE', ['urn:a', 'urn:unknown'], 'entry 1: there is no descriptor'],
  ])('%s all or nothing, and tell what was wrong', async (method, body, message) => {
    const before = (await running.call('GET', '/shell-descriptors')).body;
    const { answer } = await bulk(method, '/bulk/shell-descriptors', body);

    expect(answer.status).toBe(400);
    expect(answer.body.messages[0].text).toContain(message);
    expect((await running.call('GET', '/shell-descriptors')).body).toEqual(before);
  });

  it('change and take out many', async () => {
    const changed = await bulk('PUT', '/bulk/submodel-descriptors', [shell('urn:s'), shell('urn:t')]);
    const deleted = await bulk('DELETE', '/bulk/submodel-descriptors', ['urn:s']);

    expect([changed.answer.status, deleted.answer.status]).toEqual([204, 204]);
    expect((await running.call('GET', '/submodel-descriptors')).body.result).toEqual([shell('urn:t')]);
  });

  it('say that they run while they run', async () => {
    const jobs = new BulkJobs();
    let release = () => {};
    const handle = jobs.start(
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    const app = express();
    const routes = new RouteFinder([{ table: bulkStateRoutes(jobs) }]);
    app.use(dispatch({ routes, access: openAccess, bodyLimitBytes: 1000 }));
    const server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const url = `http://127.0.0.1:${port}/bulk/status/${encodeIdentifier(handle)}`;
    const during = await fetch(url, { redirect: 'manual' });
    await eventually(() => jobs.state(handle)?.kind === 'running');
    release();
    await eventually(async () => (await fetch(url, { redirect: 'manual' })).status === 302);
    server.close();

    expect(during.status).toBe(200);
    expect(during.headers.get('retry-after')).toBe('1');
    expect(await during.json()).toEqual({ executionState: 'Running', success: false });
  });
});
