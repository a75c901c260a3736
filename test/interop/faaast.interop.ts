import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadAttachment } from '../../aas/client/download-attachment.ts';
import { endpointOf } from '../../aas/client/find-model.ts';
import { findParticipants } from '../../aas/client/find-participants.ts';
import { findShells } from '../../aas/client/find-shells.ts';
import type { AasTarget } from '../../aas/client/publish/aas-target.ts';
import { publishToTarget } from '../../aas/client/publish/publish-to-target.ts';
import { readSubmodel, readValue } from '../../aas/client/read-submodel.ts';
import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import { memoryOfTarget } from '../aas/outside/memory-of-target.ts';
import { DEPLOYMENT, MODEL_SHELL, SHELLS, SUBMODELS, shellOf } from '../aas/outside/small-publication.ts';
import { type RunningEnvironment, runEnvironment } from '../aas/running-environment.ts';
import { eventually } from '../support/eventually.ts';
import { describePeer } from './peer.ts';
import { type RunningFaaast, startFaaast } from './running-faaast.ts';

const SHELL = 'urn:faaast:press-9';
const PARTICIPANT = 'urn:faaast:press-9:participant';
const CERTIFICATE = 'ab'.repeat(32);

/** What a plant keeps in its FA³ST: a participant that would like to take part. */
const MODEL = {
  assetAdministrationShells: [
    {
      modelType: 'AssetAdministrationShell',
      id: SHELL,
      idShort: 'Press9',
      assetInformation: {
        assetKind: 'Instance',
        assetType: 'urn:fedshell:asset-type:participant',
        globalAssetId: 'urn:faaast:asset:press-9',
        specificAssetIds: [{ name: 'participant', value: 'press-9' }],
      },
      submodels: [{ type: 'ModelReference', keys: [{ type: 'Submodel', value: PARTICIPANT }] }],
    },
  ],
  submodels: [
    {
      modelType: 'Submodel',
      id: PARTICIPANT,
      idShort: 'Participant',
      kind: 'Instance',
      semanticId: {
        type: 'ExternalReference',
        keys: [{ type: 'GlobalReference', value: 'urn:fedshell:submodel:participant:1:0' }],
      },
      submodelElements: [
        { modelType: 'Property', idShort: 'state', valueType: 'xs:string', value: 'ready' },
        { modelType: 'Property', idShort: 'certificateSha256', valueType: 'xs:string', value: CERTIFICATE },
      ],
    },
  ],
};

const AASX = 'application/asset-administration-shell-package+xml';

const fileOf = (id: string) =>
  `/submodels/${encodeIdentifier(id)}/submodel-elements/Storage.DeployedModel/attachment`;

/** Loads a file into an environment of ours. @returns the answer's status, and what it says */
async function upload(url: string, content: Blob): Promise<{ status: number; text: string }> {
  const form = new FormData();
  form.set('file', content, 'from-faaast.aasx');
  const response = await fetch(`${url}/upload`, { method: 'POST', body: form });
  return { status: response.status, text: await response.text() };
}

describePeer<{ readonly jar: string }>('FA³ST Service 1.3.0', 'FEDSHELL_INTEROP_FAAAST', ({ jar }) => {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-interop-'));
  let ours: RunningEnvironment;
  let faaast: RunningFaaast;
  beforeAll(async () => {
    ours = await runEnvironment();
    faaast = await startFaaast({ jar, model: MODEL, registry: ours.server.url });
  });
  afterAll(async () => {
    await faaast.stop();
    await ours.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const registry = () => ({ url: ours.server.url });

  it('registers its shell and submodel at our registries', async () => {
    const submodel = `/submodel-descriptors/${encodeIdentifier(PARTICIPANT)}`;
    const shell = await eventually(
      async () => {
        const answer = await ours.call('GET', `/shell-descriptors/${encodeIdentifier(SHELL)}`);
        return answer.status === 200 ? answer.body : undefined;
      },
      { timeoutMs: 60_000 },
    );
    const { body } = await ours.call('GET', submodel);

    expect(shell).toMatchObject({ id: SHELL, idShort: 'Press9', globalAssetId: 'urn:faaast:asset:press-9' });
    expect(shell.submodelDescriptors.map(({ id }: { id: string }) => id)).toEqual([PARTICIPANT]);
    expect(body.endpoints.map((each: { interface: string }) => each.interface)).toContain('SUBMODEL-3.0');
  });

  it('is read by our client, which starts from our registry alone', async () => {
    const [shell] = await findShells(registry(), [{ name: 'participant', value: 'press-9' }]);
    const url = endpointOf(shell!.submodelDescriptors![0]!);

    const submodel = await readSubmodel(registry(), url);
    const state = await readValue(registry(), url, 'state');

    expect([submodel.id, state]).toEqual([PARTICIPANT, 'ready']);
  });

  it('proposes its participant with the certificate of its Participant submodel', async () => {
    const found = [];
    for await (const each of findParticipants({ registry: registry() })) found.push(each);

    expect(found).toEqual([
      { id: 'press-9', shellId: SHELL, certificateSha256: CERTIFICATE, trouble: undefined },
    ]);
  });

  it('passes changes on to our registry', async () => {
    const [submodel] = MODEL.submodels;
    await fetch(`${faaast.url}/submodels/${encodeIdentifier(PARTICIPANT)}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...submodel, idShort: 'Renamed' }),
    });

    await eventually(
      async () => {
        const path = `/submodel-descriptors/${encodeIdentifier(PARTICIPANT)}`;
        return (await ours.call('GET', path)).body.idShort === 'Renamed';
      },
      { timeoutMs: 60_000 },
    );
  });

  it('takes our publication, with its file, and gives it back', async () => {
    const content = randomBytes(2_000_000);
    const path = join(folder, 'model');
    writeFileSync(path, content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const target: AasTarget = {
      id: 'faaast',
      repository: { url: faaast.url },
      aasRegistry: registry(),
      submodelRegistry: registry(),
      ownUrl: ours.server.url,
    };
    const attachment = {
      submodelId: DEPLOYMENT,
      idShortPath: 'Storage.DeployedModel',
      fileName: 'gearbox-2.safetensors',
      contentType: 'application/octet-stream',
      sha256,
      path,
    };
    const publication = { shells: SHELLS, submodels: SUBMODELS, attachments: [attachment] };
    const memory = memoryOfTarget();

    await publishToTarget({ target, publication, memory });
    const again = await publishToTarget({ target, publication, memory, everything: true });

    const [shell] = await findShells(registry(), [{ name: 'modelVersion', value: '2' }]);
    const url = endpointOf(shell!.submodelDescriptors![0]!);
    const submodel = await readSubmodel(registry(), url);
    const download = await downloadAttachment(
      registry(),
      `${url}/submodel-elements/Storage.DeployedModel/attachment`,
    );
    for await (const _ of download.content);
    expect([shell!.id, again.lost]).toEqual([MODEL_SHELL, false]);
    expect(url).toBe(`${faaast.url}/submodels/${encodeIdentifier(DEPLOYMENT)}`);
    expect(submodel.submodelElements).toHaveLength(SUBMODELS[0]!.submodelElements!.length);
    expect(download.sha256()).toBe(sha256);
  });

  it('loads an AASX that we wrote and gives one that we load, each with the file', async () => {
    const [first, second] = [await runEnvironment(), await runEnvironment()];
    const path = join(folder, 'second');
    const content = randomBytes(100_000);
    writeFileSync(path, content);
    const id = 'urn:second:deployment';
    const shell = { ...shellOf(id), id: 'urn:second:shell' };
    await first.environment.apply({
      shells: [shell],
      submodels: [{ ...SUBMODELS[0]!, id }],
      attachments: [
        {
          submodelId: id,
          idShortPath: 'Storage.DeployedModel',
          fileName: 'second.bin',
          contentType: 'application/octet-stream',
          sha256: createHash('sha256').update(content).digest('hex'),
          path,
        },
      ],
    });
    const serialization = `/serialization?aasIds=${encodeIdentifier(shell.id)}&submodelIds=${encodeIdentifier(id)}`;

    const ofOurs = await fetch(`${first.server.url}${serialization}`, { headers: { accept: AASX } });
    const imported = await fetch(`${faaast.url}/import`, {
      method: 'POST',
      headers: { 'content-type': AASX },
      body: await ofOurs.blob(),
    });
    const ofTheirs = await fetch(`${faaast.url}${serialization}`, { headers: { accept: AASX } });
    const uploaded = await upload(second.server.url, await ofTheirs.blob());

    const files = await Promise.all(
      [faaast.url, second.server.url].map(async (url) => (await fetch(`${url}${fileOf(id)}`)).arrayBuffer()),
    );
    const { body } = await second.call('GET', `/shells/${encodeIdentifier(shell.id)}`);
    await first.stop();
    await second.stop();
    expect([ofOurs.status, imported.status, ofTheirs.status]).toEqual([200, 200, 200]);
    expect(uploaded).toEqual({ status: 200, text: expect.stringContaining('success') });
    expect(body).toMatchObject({ id: shell.id, idShort: shell.idShort });
    for (const file of files) expect(Buffer.from(file).equals(content)).toBe(true);
  });

  it('loses what we take out', async () => {
    const target: AasTarget = { id: 'faaast', repository: { url: faaast.url }, ownUrl: ours.server.url };
    const publication = { remove: { shells: [MODEL_SHELL, 'urn:never-there'], submodels: [DEPLOYMENT] } };

    await publishToTarget({ target, publication, memory: memoryOfTarget(), everything: true });

    const { status } = await fetch(`${faaast.url}/submodels/${encodeIdentifier(DEPLOYMENT)}`);
    expect(status).toBe(404);
  });
});
