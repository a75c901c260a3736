import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { downloadAttachment } from '../../aas/client/download-attachment.ts';
import { findModel } from '../../aas/client/find-model.ts';
import { findShells } from '../../aas/client/find-shells.ts';
import { readSubmodel, readValue } from '../../aas/client/read-submodel.ts';
import { modelVersionShell } from '../../aas/submodels/shells.ts';
import { type RunningEnvironment, runEnvironment } from './running-environment.ts';
import { DEPLOYMENT, ids, MODEL_SHELL, SHELLS, STATUS, SUBMODELS } from './sample-publication.ts';

const CONTENT = randomBytes(300_000);
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const folder = mkdtempSync(join(tmpdir(), 'fedshell-client-'));

let running: RunningEnvironment;
beforeAll(async () => {
  running = await runEnvironment({ defaultPageSize: 2 });
  const path = join(folder, 'model');
  writeFileSync(path, CONTENT);
  const older = [0, 1].map((number) =>
    modelVersionShell({
      id: ids.model('gearbox', 'main', number),
      submodelIds: [],
      federation: 'gearbox',
      group: 'main',
      number,
      sha256: 'cd'.repeat(32),
    }),
  );
  await running.environment.apply({
    shells: [...older, ...SHELLS],
    submodels: SUBMODELS,
    attachments: [
      {
        submodelId: DEPLOYMENT,
        idShortPath: 'Storage.DeployedModel',
        fileName: 'gearbox ü.safetensors',
        contentType: 'application/octet-stream',
        sha256: SHA256,
        path,
      },
    ],
  });
});
afterAll(async () => {
  await running.stop();
  rmSync(folder, { recursive: true, force: true });
});

const registry = () => ({ url: running.server.url });

/** A server that answers as `answer` says. */
async function foreignServer(answer: (path: string) => { status: number; body: string }): Promise<Server> {
  const server = createServer((request, response) => {
    const { status, body } = answer(request.url ?? '');
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

describe('a client that knows nothing but the registry', () => {
  it('finds the newest model version and downloads its file', async () => {
    const found = await findModel({ registry: registry(), federation: 'gearbox' });
    const download = await downloadAttachment(registry(), found.attachmentUrl);
    const chunks: Uint8Array[] = [];
    for await (const chunk of download.content) chunks.push(chunk);

    expect(found).toMatchObject({ shellId: MODEL_SHELL, submodelId: DEPLOYMENT });
    expect(Buffer.concat(chunks).equals(CONTENT)).toBe(true);
    expect(download.sha256()).toBe(SHA256);
    expect(download.fileName).toBe('gearbox ü.safetensors');
  });

  it('reads the submodel and its values at the address of the descriptor', async () => {
    const { submodelUrl } = await findModel({ registry: registry(), federation: 'gearbox', version: 2 });

    expect(await readSubmodel(registry(), submodelUrl)).toEqual(SUBMODELS[5]);
    expect(await readValue(registry(), submodelUrl, 'Storage.Format')).toBe('safetensors');
    const status = `${running.server.url}/submodels/${Buffer.from(STATUS).toString('base64url')}`;
    expect(await readValue(registry(), status)).toMatchObject({ round: 2, state: 'running' });
  });

  it('says that there is no such model', async () => {
    const search = (more: object) => findModel({ registry: registry(), federation: 'gearbox', ...more });

    await expect(search({ version: 9 })).rejects.toMatchObject({ code: 'E_AAS_NOT_FOUND' });
    await expect(search({ federation: 'other' })).rejects.toMatchObject({ code: 'E_AAS_NOT_FOUND' });
    await expect(search({ version: 0 })).rejects.toMatchObject({ code: 'E_AAS_NOT_FOUND' });
  });

  it('reads through the registry page by page where there is no discovery beside it', async () => {
    const proxy = createServer(async (request, response) => {
      const isLookup = request.url?.startsWith('/lookup') ?? false;
      const answer = isLookup ? undefined : await fetch(`${running.server.url}${request.url ?? ''}`);
      response.writeHead(answer?.status ?? 404).end(await answer?.text());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));

    const found = await findModel({ registry: { url: urlOf(proxy) }, federation: 'gearbox' });
    const byAsset = await findShells({ url: urlOf(proxy) }, [
      { name: 'globalAssetId', value: `${MODEL_SHELL}:asset` },
    ]);

    expect(found.shellId).toBe(MODEL_SHELL);
    expect(byAsset).toHaveLength(1);
    proxy.close();
  });
});

describe('a client', () => {
  it('turns refusals into coded errors that carry the text of the Result', async () => {
    const wrongPath = readSubmodel(registry(), `${running.server.url}/submodels/dXJu`);
    const wrongId = readSubmodel(registry(), `${running.server.url}/submodels/%20`);

    await expect(wrongPath).rejects.toMatchObject({
      code: 'E_AAS_NOT_FOUND',
      message: expect.stringContaining('there is no submodel urn'),
    });
    await expect(wrongId).rejects.toMatchObject({ code: 'E_AAS_REQUEST', details: { status: 400 } });
  });

  it('reports a server that is not there, is silent, or breaks off', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const broken = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('x', () => response.destroy());
    });
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
    const absent = readValue({ url: 'http://127.0.0.1:1' }, 'http://127.0.0.1:1/submodel');
    await expect(absent).rejects.toMatchObject({ code: 'E_AAS_REQUEST', retryable: true });

    const late = readValue({ url: urlOf(silent), timeoutMs: 50 }, `${urlOf(silent)}/submodel`);
    await expect(late).rejects.toMatchObject({ code: 'E_AAS_REQUEST' });

    const download = await downloadAttachment({ url: urlOf(broken) }, urlOf(broken));
    const partial = (async () => {
      for await (const _ of download.content);
    })();
    await expect(partial).rejects.toMatchObject({ code: 'E_AAS_REQUEST' });
    expect(() => download.sha256()).toThrow(RangeError);
    silent.closeAllConnections();
    silent.close();
    broken.close();
  });

  it('gives up an answer that goes on beyond the time, whatever the engine has collected meanwhile', async () => {
    setFlagsFromString('--expose_gc');
    const collect = runInNewContext('gc') as () => void;
    const timers = new Set<NodeJS.Timeout>();
    const dripping = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      timers.add(setInterval(() => response.write(' '), 5));
    });
    await new Promise<void>((resolve) => dripping.listen(0, '127.0.0.1', resolve));

    const reading = readValue({ url: urlOf(dripping), timeoutMs: 300 }, `${urlOf(dripping)}/submodel`);
    timers.add(setInterval(collect, 50));

    await expect(reading).rejects.toMatchObject({
      code: 'E_AAS_REQUEST',
      message: expect.stringContaining('no answer in 300 ms'),
    });
    for (const timer of timers) clearInterval(timer);
    dripping.closeAllConnections();
    dripping.close();
  });

  it('does not follow an address that is not http, nor a cursor that never ends', async () => {
    const endless = await foreignServer(() => ({
      status: 200,
      body: JSON.stringify({ paging_metadata: { cursor: 'x' }, result: [] }),
    }));
    const file = readSubmodel(registry(), 'file:///etc/passwd');

    await expect(file).rejects.toMatchObject({ code: 'E_INVALID_INPUT' });
    await expect(findShells({ url: urlOf(endless) }, [{ name: 'a', value: 'b' }])).rejects.toMatchObject({
      code: 'E_AAS_REQUEST',
    });
    endless.close();
  });

  it('sends its token to its own server only', async () => {
    const tokens: (string | undefined)[] = [];
    const listener = createServer((request, response) => {
      tokens.push(request.headers.authorization);
      response.end('1');
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));

    await readValue({ url: urlOf(listener), bearerToken: 'secret' }, urlOf(listener));
    await readValue({ url: running.server.url, bearerToken: 'secret' }, urlOf(listener));

    expect(tokens).toEqual(['Bearer secret', undefined]);
    listener.close();
  });
});
