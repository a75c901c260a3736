import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { call, rawGet } from './support/call.ts';
import { federation } from './support/federation.ts';
import { readEvents } from './support/read-events.ts';
import { Stage } from './support/stage.ts';
import { makeFolder, startTestAggregator, type TestAggregator } from './support/test-aggregator.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterEach(() => stage.stopTrainers());
afterAll(() => stage.close());

describe('the web server', () => {
  it('refuses a Host that is not its own', async () => {
    const { port } = new URL(stage.aggregator.url);
    const url = `${stage.aggregator.url}/api/status`;

    expect(await rawGet(url, { Host: `localhost:${port}` })).toBe(200);
    expect(await rawGet(url, { Host: `[::1]:${port}` })).toBe(200);
    expect(await rawGet(url, { Host: `evil.example:${port}` })).toBe(403);
    expect(await rawGet(url, { Host: '127.0.0.1:1' })).toBe(403);
    expect(await rawGet(stage.aggregator.url, { Host: 'evil.example' })).toBe(403);
  });

  it('refuses the pages of other origins', async () => {
    const { url } = stage.aggregator;

    const own = await call(url, 'GET', '/api/status', undefined, { headers: { Origin: url } });
    const foreign = await call(url, 'GET', '/api/status', undefined, {
      headers: { Origin: 'https://evil.example' },
    });

    expect([own.status, foreign.status, foreign.body.code]).toEqual([200, 403, 'E_FOREIGN_ORIGIN']);
  });

  it('sends headers that keep browsers from misusing its answers', async () => {
    const { headers } = await stage.aggregator.get('/');

    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('serves a page under every path that is none of the API', async () => {
    const page = await stage.aggregator.get('/runs/some-run');
    const unknown = await stage.aggregator.get('/api/nothing');

    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect([unknown.status, unknown.body.code]).toEqual([404, 'E_NOT_FOUND']);
    expect(unknown.headers.get('content-type')).toContain('application/problem+json');
  });

  it('tells what it is and whether it can work [getApiDescription] [getHealth] [getReadiness] [getStatus]', async () => {
    const { body: description } = await stage.aggregator.get('/openapi.json');
    const health = await stage.aggregator.get('/healthz');
    const ready = await stage.aggregator.get('/readyz');
    const { body: status } = await stage.aggregator.get('/api/status');

    expect(description.paths['/api/runs'].get.operationId).toBe('listRuns');
    expect([health.status, health.body.ok, ready.status, ready.body]).toEqual([
      200,
      true,
      200,
      { ok: true, reasons: [] },
    ]);
    expect(status).toMatchObject({ redis: 'connected', aasUrl: stage.aggregator.aas });
  });

  it('has its own figures and the queues’ for Prometheus [getMetrics]', async () => {
    const { status, body } = await stage.aggregator.get('/metrics');

    expect(status).toBe(200);
    expect(body).toContain('fedshell_participants{state="ready"}');
  });

  it('tells changes as they happen, after the state that there is [streamEvents]', async () => {
    const token = await stage.create('told', { rounds: 1 });
    const trainer = stage.trainer('told', ['t-1']);
    await trainer.join(token);
    const events = await readEvents(`${stage.aggregator.url}/api/events`);

    const first = await events.next(({ kind }) => kind === 'participant');
    await trainer.start(token);
    await trainer.join();
    const run = await stage.startRun('told');
    const version = await events.next((event) => event.kind === 'version');
    const last = await events.next((event) => event.kind === 'run' && event.run.state === 'completed');
    events.close();

    expect(first).toMatchObject({ participant: { id: 't-1', state: 'offline' } });
    expect(version).toMatchObject({ version: { federation: 'told' } });
    expect(last).toMatchObject({ run: { id: run, rounds: [{ state: 'completed' }] } });
  });

  it('refuses a second owner of its folder and a port that is taken', async () => {
    const { folder, url } = stage.aggregator;
    const redis = stage.redis.connection;

    await expect(startTestAggregator({ redis, folder })).rejects.toMatchObject({ code: 'E_STATE_IN_USE' });
    await expect(startTestAggregator({ redis, port: Number(new URL(url).port) })).rejects.toMatchObject({
      code: 'E_PORT_IN_USE',
    });
  });
});

describe('an API token', () => {
  const token = 'a-token-of-more-than-sixteen-characters';
  let guarded: TestAggregator;

  beforeAll(async () => {
    const apiTokenFile = join(await makeFolder(), 'api.token');
    await writeFile(apiTokenFile, `${token}\n`);
    await chmod(apiTokenFile, 0o600);
    guarded = await startTestAggregator({ redis: stage.redis.connection, apiTokenFile, host: '127.0.0.1' });
  });

  afterAll(() => guarded?.stop());

  it('is needed for everything but health, the page and joining', async () => {
    const statuses = await Promise.all(
      [
        '/healthz',
        '/readyz',
        '/',
        '/api/status',
        '/api/runs',
        '/metrics',
        '/openapi.json',
        '/api/events',
      ].map(async (path) => [path, (await guarded.get(path)).status]),
    );
    const right = await call(guarded.url, 'GET', '/api/runs', undefined, { key: token });
    const wrong = await call(guarded.url, 'GET', '/api/runs', undefined, { key: `${token}x` });

    expect(Object.fromEntries(statuses)).toEqual({
      '/healthz': 200,
      '/readyz': 200,
      '/': 200,
      '/api/status': 401,
      '/api/runs': 401,
      '/metrics': 401,
      '/openapi.json': 401,
      '/api/events': 401,
    });
    expect([right.status, wrong.status, wrong.body.code]).toEqual([200, 401, 'E_UNAUTHORIZED']);
  });

  it('guards the AAS as well', async () => {
    const read = (key?: string) => call(guarded.aas, 'GET', '/shells', undefined, { key });

    expect([(await read()).status, (await read(token)).status]).toEqual([401, 200]);
  });

  it('does not keep trainers from joining with a join token and reading with their key', async () => {
    const created = await call(guarded.url, 'POST', '/api/federations', federation('guarded'), {
      key: token,
    });
    const body = {
      token: created.body.joinToken,
      pool: { id: 'hall-1', slots: 1, numerics: { backend: 'wasm', build: 'simd', library: '4', node: 20 } },
      participants: [{ id: 'g-1', attributes: {}, signals: [] }],
    };

    const joined = await call(guarded.url, 'POST', '/api/trainers/join', body);
    const { key } = joined.body;
    const read = await call(guarded.url, 'GET', '/api/federations/guarded', undefined, { key });
    const shells = await call(guarded.aas, 'GET', '/shells', undefined, { key });
    const command = await call(guarded.url, 'POST', '/api/federations/guarded/runs', {}, { key });

    expect([joined.status, read.status, shells.status, command.status]).toEqual([200, 200, 200, 403]);
  });

  it('is the condition for listening on more than loopback', async () => {
    const starting = startTestAggregator({ redis: stage.redis.connection, host: '0.0.0.0' });

    await expect(starting).rejects.toMatchObject({ code: 'E_HOST_WITHOUT_TOKEN' });
  });
});
