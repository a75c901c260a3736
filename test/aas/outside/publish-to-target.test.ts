import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AasTarget } from '../../../aas/client/publish/aas-target.ts';
import { delegatingCopy } from '../../../aas/client/publish/operation-submodels.ts';
import { operationsOnly } from '../../../aas/client/publish/publication-parts.ts';
import { publishToTarget } from '../../../aas/client/publish/publish-to-target.ts';
import { encodeIdentifier } from '../../../aas/identifier-encoding.ts';
import type { Submodel } from '../../../aas/model.ts';
import type { Publication } from '../../../aas/publication.ts';
import { type RunningEnvironment, runEnvironment } from '../running-environment.ts';
import { type FailingProxy, startFailingProxy } from './failing-proxy.ts';
import { memoryOfTarget } from './memory-of-target.ts';
import { DEPLOYMENT, MODEL_SHELL, SHELLS, SUBMODELS, shellOf } from './small-publication.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedshell-outside-'));
const content = randomBytes(200_000);
const sha256 = createHash('sha256').update(content).digest('hex');
const path = join(folder, 'model');
const attachment = {
  submodelId: DEPLOYMENT,
  idShortPath: 'Storage.DeployedModel',
  fileName: 'gearbox "2" ü.safetensors',
  contentType: 'application/octet-stream',
  sha256,
  path,
};
const publication: Publication = { shells: SHELLS, submodels: SUBMODELS, attachments: [attachment] };

let outside: RunningEnvironment;
let proxy: FailingProxy;
beforeAll(() => writeFileSync(path, content));
beforeEach(async () => {
  outside = await runEnvironment();
  proxy = await startFailingProxy(() => outside.server.url);
});
afterEach(async () => {
  await proxy.close();
  await outside.stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function everythingThrough(url: string, more: Partial<AasTarget> = {}): AasTarget {
  const server = { url };
  const ownUrl = 'http://ours.example:8601';
  const target = { id: 'plant', repository: server, aasRegistry: server, submodelRegistry: server };
  return { ...target, ownUrl, ...more };
}

const shellPath = (id: string) => `/shell-descriptors/${encodeIdentifier(id)}`;

describe('a publication to an outside environment', () => {
  it('is found there by registry and discovery, with its file', async () => {
    const target = everythingThrough(proxy.url, { discovery: { url: proxy.url } });

    const outcome = await publishToTarget({ target, publication, memory: memoryOfTarget() });

    const { body: descriptor } = await outside.call('GET', shellPath(MODEL_SHELL));
    const { body: found } = await outside.call('POST', '/lookup/shellsByAssetLink', [
      { name: 'modelFederation', value: 'gearbox' },
    ]);
    const submodel = descriptor.submodelDescriptors.find(({ id }: { id: string }) => id === DEPLOYMENT);
    const { href } = submodel.endpoints[0].protocolInformation;
    const file = await fetch(`${href}/submodel-elements/Storage.DeployedModel/attachment`);
    expect(outcome).toEqual({ lost: false });
    expect(found.result).toEqual([MODEL_SHELL]);
    expect(href).toBe(`${proxy.url}/submodels/${encodeIdentifier(DEPLOYMENT)}`);
    expect(Buffer.from(await file.arrayBuffer()).equals(content)).toBe(true);
  });

  it('writes things before the entries that lead to them, and submodel entries before shell entries', async () => {
    const target = everythingThrough(proxy.url, { discovery: { url: proxy.url } });

    await publishToTarget({ target, publication, memory: memoryOfTarget() });

    const order = proxy.seen
      .filter(({ path: of }) => [MODEL_SHELL, DEPLOYMENT].some((id) => of.includes(encodeIdentifier(id))))
      .map(({ path: of }) => of.split('/')[1] + (of.endsWith('/attachment') ? ' file' : ''));
    expect(order).toEqual([
      'submodels',
      'submodels file',
      'shells',
      'submodel-descriptors',
      'shell-descriptors',
      'lookup',
    ]);
  });

  it('writes only what changed, and everything but files when asked to compare', async () => {
    const target = everythingThrough(proxy.url);
    const held = memoryOfTarget();
    await publishToTarget({ target, publication, memory: held });
    proxy.seen.length = 0;

    await publishToTarget({ target, publication, memory: held });
    const unchanged = proxy.seen.length;
    await publishToTarget({ target, publication, memory: held, everything: true });

    const uploads = proxy.seen.filter(({ path: of }) => of.endsWith('/attachment'));
    expect(unchanged).toBe(0);
    expect(proxy.seen.length).toBeGreaterThan(SUBMODELS.length + SHELLS.length);
    expect(uploads).toEqual([]);
  });

  it('posts what a server does not create by PUT, and puts again what somebody else created meanwhile', async () => {
    const shell = `/shells/${encodeIdentifier(MODEL_SHELL)}`;
    let posted = 0;
    proxy.answer = ({ method, path: of }) => {
      if (method === 'PUT' && of.startsWith('/submodels/') && !of.includes('/submodel-elements/')) return 404;
      if (of === '/shells' && method === 'POST') return posted++ === 0 ? 409 : undefined;
      if (of === shell && method === 'PUT') return posted === 0 ? 404 : undefined;
      return undefined;
    };

    await publishToTarget({ target: everythingThrough(proxy.url), publication, memory: memoryOfTarget() });

    const { body } = await outside.call('GET', shell);
    const { body: all } = await outside.call('GET', '/submodels');
    expect([posted, body.id]).toEqual([1, MODEL_SHELL]);
    expect(all.result).toHaveLength(SUBMODELS.length);
  });

  it('keeps the objects when a registry refuses them, and goes on from there', async () => {
    const held = memoryOfTarget();
    const target = everythingThrough(proxy.url);
    proxy.answer = ({ path: of }) => (of.startsWith('/shell-descriptors') ? 500 : undefined);

    const failed = publishToTarget({ target, publication, memory: held });
    await expect(failed).rejects.toMatchObject({ code: 'E_AAS_REQUEST', details: { status: 500 } });
    const { status } = await outside.call('GET', `/shells/${encodeIdentifier(SHELLS[0]?.id ?? '')}`);
    proxy.answer = () => undefined;
    await publishToTarget({ target, publication, memory: held });

    const { body } = await outside.call('GET', '/shell-descriptors');
    expect(status).toBe(200);
    expect(body.result).toHaveLength(SHELLS.length);
  });

  it('takes out what is to be removed, even where it is gone already', async () => {
    const target = everythingThrough(proxy.url);
    const held = memoryOfTarget();
    await publishToTarget({ target, publication, memory: held });
    await outside.call('DELETE', `/submodels/${encodeIdentifier(DEPLOYMENT)}`);
    const remove = { shells: [MODEL_SHELL, 'urn:never-there'], submodels: [DEPLOYMENT] };

    await publishToTarget({ target, publication: { remove }, memory: held, everything: true });

    const { status } = await outside.call('GET', `/shells/${encodeIdentifier(MODEL_SHELL)}`);
    const { status: registered } = await outside.call('GET', shellPath(MODEL_SHELL));
    expect([status, registered]).toEqual([404, 404]);
    expect(held.get('submodel', DEPLOYMENT)).toBeUndefined();
  });

  it('notices that the server lost what it had', async () => {
    const held = memoryOfTarget();
    await publishToTarget({ target: everythingThrough(proxy.url), publication, memory: held });
    const emptied = outside;
    outside = await runEnvironment();
    await emptied.stop();

    const outcome = await publishToTarget({
      target: everythingThrough(proxy.url),
      publication,
      memory: held,
      everything: true,
    });

    const { body } = await outside.call('GET', '/submodels');
    expect(outcome).toEqual({ lost: true });
    expect(body.result).toHaveLength(SUBMODELS.length);
  });

  it('leads to our own environment where only registries are given', async () => {
    const target: AasTarget = {
      id: 'registries',
      aasRegistry: { url: proxy.url },
      ownUrl: 'http://ours.example:8601/',
    };

    await publishToTarget({ target, publication, memory: memoryOfTarget() });

    const { body } = await outside.call('GET', shellPath(MODEL_SHELL));
    const { body: shells } = await outside.call('GET', '/shells');
    expect(body.endpoints[0].protocolInformation.href).toBe(
      `http://ours.example:8601/shells/${encodeIdentifier(MODEL_SHELL)}`,
    );
    expect(shells.result).toEqual([]);
  });
});

describe('a submodel with operations', () => {
  const commands = {
    modelType: 'Submodel',
    id: 'urn:test:commands',
    idShort: 'Commands',
    submodelElements: [{ modelType: 'Operation', idShort: 'getState' }],
    // Our typed builders do not name every kind of element.
  } as unknown as Submodel;
  const withCommands: Publication = {
    shells: [shellOf(commands.id)],
    submodels: [commands, ...SUBMODELS],
  };
  const descriptor = `/submodel-descriptors/${encodeIdentifier(commands.id)}`;

  it('stays with us: its entry leads to us, and no copy goes out', async () => {
    await publishToTarget({
      target: everythingThrough(proxy.url),
      publication: withCommands,
      memory: memoryOfTarget(),
    });

    const { body } = await outside.call('GET', descriptor);
    const { status } = await outside.call('GET', `/submodels/${encodeIdentifier(commands.id)}`);
    expect(body.endpoints[0].protocolInformation.href).toMatch(/^http:\/\/ours\.example:8601\/submodels\//);
    expect(status).toBe(404);
  });

  it('goes out as a copy that delegates, where the settings say so', async () => {
    const target = everythingThrough(proxy.url, { delegationBaseUrl: 'http://ours.example:8600/' });

    await publishToTarget({ target, publication: withCommands, memory: memoryOfTarget() });

    const { body } = await outside.call('GET', `/submodels/${encodeIdentifier(commands.id)}`);
    const { body: entry } = await outside.call('GET', descriptor);
    expect(body.submodelElements[0].qualifiers).toEqual([
      expect.objectContaining({
        type: 'invocationDelegation',
        value: `http://ours.example:8600/operations/getState?submodel=${encodeIdentifier(commands.id)}`,
      }),
    ]);
    expect(body).toEqual(delegatingCopy(commands, 'http://ours.example:8600'));
    expect(entry.endpoints[0].protocolInformation.href).toMatch(/^http:\/\/ours\.example:8601/);
  });

  it('is all that stays in our environment where others hold the rest', () => {
    const own = operationsOnly(withCommands);

    expect(own.submodels).toEqual([commands]);
    expect(own.shells).toEqual(withCommands.shells);
    expect(own.remove?.submodels).toEqual(SUBMODELS.map(({ id }) => id));
  });
});
