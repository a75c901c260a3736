import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import type { Publication } from '../../aas/publication.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { elementPath, type RunningEnvironment, runEnvironment, submodelPath } from './running-environment.ts';
import { DEPLOYMENT, MODEL_SHELL, SHELLS, STATUS, SUBMODELS } from './sample-publication.ts';

const CONTENT = Buffer.from('the weights of a model');
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const folder = mkdtempSync(join(tmpdir(), 'fedshell-publication-'));
const modelFile = join(folder, 'model-file');
writeFileSync(modelFile, CONTENT);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PUBLICATION: Publication = {
  shells: SHELLS,
  submodels: SUBMODELS,
  attachments: [
    {
      submodelId: DEPLOYMENT,
      idShortPath: 'Storage.DeployedModel',
      fileName: 'gearbox 2.safetensors',
      contentType: 'application/octet-stream',
      sha256: SHA256,
      path: modelFile,
    },
  ],
};

describe('a publication', () => {
  let running: RunningEnvironment;
  beforeEach(async () => {
    running = await runEnvironment();
    await running.environment.apply(PUBLICATION);
  });
  afterEach(() => running.stop());

  it('makes shells, submodels and the attachment readable as they were built', async () => {
    for (const submodel of SUBMODELS) {
      expect((await running.call('GET', submodelPath(submodel.id))).body).toEqual(submodel);
    }
    for (const shell of SHELLS) {
      expect((await running.call('GET', `/shells/${encodeIdentifier(shell.id)}`)).body).toEqual(shell);
    }
    const url = `${running.server.url}${elementPath(DEPLOYMENT, 'Storage.DeployedModel', '/attachment')}`;
    expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(CONTENT);
  });

  it('links the file instead of copying it', () => {
    const linked = join(running.folder, 'attachments', SHA256);

    expect(statSync(linked).ino).toBe(statSync(modelFile).ino);
  });

  it('registers what it has, the 3.0 endpoint first, submodels inside their shell and by themselves', async () => {
    const shell = await running.call('GET', `/shell-descriptors/${encodeIdentifier(MODEL_SHELL)}`);
    const submodel = await running.call('GET', `/submodel-descriptors/${encodeIdentifier(DEPLOYMENT)}`);

    const href = `${running.server.url}${submodelPath(DEPLOYMENT)}`;
    expect(submodel.body).toMatchObject({
      id: DEPLOYMENT,
      idShort: 'AIDeployment',
      endpoints: [
        { interface: 'SUBMODEL-3.0', protocolInformation: { href } },
        { interface: 'SUBMODEL-3.1', protocolInformation: { href } },
      ],
    });
    expect(shell.body).toMatchObject({ id: MODEL_SHELL, assetKind: 'Instance' });
    expect(shell.body.specificAssetIds).toEqual(SHELLS[2]?.assetInformation.specificAssetIds);
    expect(shell.body.submodelDescriptors[1]).toEqual(submodel.body);
  });

  it('changes nothing when it is applied again, and only what differs when something does', async () => {
    await running.environment.apply(PUBLICATION);
    const [first] = SUBMODELS.filter(({ id }) => id === STATUS);
    const elements = first?.submodelElements?.map((element) =>
      element.idShort === 'round' ? { ...element, value: '3' } : element,
    );
    await running.environment.apply({ submodels: [{ ...first, submodelElements: elements } as never] });

    const { body } = await running.call('GET', submodelPath(STATUS, '/$value'));
    expect(body).toMatchObject({ round: 3, totalRounds: 6, state: 'running' });
    expect((await running.call('GET', '/shells')).body.result).toHaveLength(SHELLS.length);
  });

  it('is applied as a whole or not at all', async () => {
    const bad = { ...PUBLICATION.attachments?.[0], idShortPath: 'Storage.Nothing' } as never;
    const shell = { ...SHELLS[0], id: 'urn:new' } as never;
    const refused = running.environment.apply({ shells: [shell], attachments: [bad] });

    await expect(refused).rejects.toMatchObject({ code: 'E_AAS_NOT_FOUND' });
    expect((await running.call('GET', `/shells/${encodeIdentifier('urn:new')}`)).status).toBe(404);
  });

  it('takes things out with what hangs on them', async () => {
    await running.environment.apply({
      remove: { shells: [MODEL_SHELL, 'urn:unknown'], submodels: [DEPLOYMENT] },
    });

    expect((await running.call('GET', submodelPath(DEPLOYMENT))).status).toBe(404);
    expect((await running.call('GET', `/shell-descriptors/${encodeIdentifier(MODEL_SHELL)}`)).status).toBe(
      404,
    );
    expect((await running.call('GET', `/submodel-descriptors/${encodeIdentifier(DEPLOYMENT)}`)).status).toBe(
      404,
    );
    expect(readdirSync(join(running.folder, 'attachments'))).toEqual([]);
    expect(statSync(modelFile).size).toBe(CONTENT.length);
  });

  it('is all there after a restart, under the new address', async () => {
    running = await running.restart();

    const { body } = await running.call('GET', `/submodel-descriptors/${encodeIdentifier(DEPLOYMENT)}`);
    expect(body.endpoints[0].protocolInformation.href).toBe(
      `${running.server.url}${submodelPath(DEPLOYMENT)}`,
    );
    expect((await running.call('GET', submodelPath(STATUS))).body).toEqual(SUBMODELS[1]);
    const url = `${running.server.url}${elementPath(DEPLOYMENT, 'Storage.DeployedModel', '/attachment')}`;
    expect(await (await fetch(url)).text()).toBe(CONTENT.toString());
  });
});

describe('a process that is killed while it publishes', () => {
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  /** Publishes versions 1, 2, 3 … until it is killed; each has a shell, two submodels and a file of that number. */
  const script = (environmentModule: string, state: string) => `
    import { createHash } from 'node:crypto';
    import { writeFileSync } from 'node:fs';
    import { openEnvironment } from ${JSON.stringify(environmentModule)};
    const environment = await openEnvironment({ folder: ${JSON.stringify(state)} });
    const reference = (id) => ({ type: 'ModelReference', keys: [{ type: 'Submodel', value: id }] });
    for (let number = 1; ; number++) {
      const content = 'version ' + number;
      const sha256 = createHash('sha256').update(content).digest('hex');
      const path = ${JSON.stringify(folder)} + '/' + sha256;
      writeFileSync(path, content);
      const properties = Array.from({ length: 40 }, (_, index) => (
        { modelType: 'Property', idShort: 'Value' + index, valueType: 'xs:int', value: String(number) }));
      const file = { modelType: 'File', idShort: 'Model', contentType: 'text/plain' };
      const shell = (id, submodels) => ({ modelType: 'AssetAdministrationShell', id,
        assetInformation: { assetKind: 'Instance', globalAssetId: id }, submodels: submodels.map(reference) });
      await environment.apply({
        shells: [shell('urn:v' + number, ['urn:v' + number + ':sm', 'urn:status'])],
        submodels: [
          { modelType: 'Submodel', id: 'urn:v' + number + ':sm', submodelElements: [...properties, file] },
          { modelType: 'Submodel', id: 'urn:status', submodelElements: properties },
        ],
        attachments: [{ submodelId: 'urn:v' + number + ':sm', idShortPath: 'Model', fileName: 'model.txt',
          contentType: 'text/plain', sha256, path }],
      });
      process.stdout.write(number + '\\n');
    }`;

  it('leaves each publication complete or absent, and loses none that was reported', async () => {
    const state = join(folder, 'killed');
    const environmentModule = pathToFileURL(entryPoint('aas/server/environment')).href;
    for (const untilVersion of [3, 8]) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script(environmentModule, state)]);
      children.push(child);
      let reported = 0;
      await new Promise<void>((resolve, reject) => {
        child.stderr.on('data', (text) => reject(new Error(String(text))));
        child.stdout.on('data', (text) => {
          reported = Number(String(text).trim().split('\n').at(-1));
          if (reported >= untilVersion) child.kill('SIGKILL');
        });
        child.once('exit', () => resolve());
      });

      const running = await runEnvironment({}, state);
      const { body: shells } = await running.call('GET', '/shells?limit=1000');
      const newest = shells.result.length;
      expect(newest).toBeGreaterThanOrEqual(reported);
      for (const { id } of shells.result) {
        const values = await running.call('GET', submodelPath(`${id}:sm`, '/$value'));
        const number = String(id).replace('urn:v', '');
        expect(new Set(Object.values(values.body).filter((value) => typeof value === 'number'))).toEqual(
          new Set([Number(number)]),
        );
        const url = `${running.server.url}${elementPath(`${id}:sm`, 'Model', '/attachment')}`;
        expect(await (await fetch(url)).text()).toBe(`version ${number}`);
        expect(
          (await running.call('GET', `/shell-descriptors/${encodeIdentifier(id)}`)).body.submodelDescriptors,
        ).toHaveLength(2);
      }
      await running.server.close();
      running.environment.close();
    }
  });
});
