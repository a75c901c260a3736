import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openEnvironment } from '../../../aas/server/environment.ts';
import { silentLog } from '../../../runtime/log.ts';
import { type RunningEnvironment, runEnvironment, submodel, submodelPath } from '../running-environment.ts';
import { ENVIRONMENT, fixturePackage, JSON_TEXT, SUBMODEL_ID, sendForm, XML } from './serving.ts';
import { Workplace } from './zip-of.ts';

describe('loading files', () => {
  const workplace = new Workplace();
  let running: RunningEnvironment;

  beforeEach(async () => {
    running = await runEnvironment();
  });
  afterEach(() => running.stop());
  afterAll(() => workplace.remove());

  const everything = async () => (await running.call('GET', '/serialization')).body;

  it.each([
    ['JSON', () => JSON_TEXT],
    ['XML of 3.0', () => XML],
    ['XML of 3.1', () => XML.replace('/aas/3/0', '/aas/3/1')],
    ['AASX', () => fixturePackage(workplace)],
  ])('by POST /upload takes in %s', async (_format, content) => {
    const { status, body } = await sendForm(running, 'POST', '/upload', await content());

    expect(status).toBe(200);
    expect(body).toMatchObject({
      success: true,
      shells: 1,
      submodels: 2,
      conceptDescriptions: 2,
      findings: 0,
    });
    expect(await everything()).toEqual(ENVIRONMENT);
  });

  it('by POST /upload takes in a bare body of JSON or XML', async () => {
    await running.call('POST', '/upload', ENVIRONMENT);
    const response = await fetch(`${running.server.url}/upload`, {
      method: 'POST',
      headers: { 'content-type': 'application/xml' },
      body: XML,
    });

    expect(response.status).toBe(200);
    expect(await everything()).toEqual(ENVIRONMENT);
  });

  it('stores all of a file or nothing, and says what is wrong with its path', async () => {
    const environment = { submodels: [submodel('urn:a', []), { id: 'urn:b', submodelElements: [{}] }] };

    const { status, body } = await sendForm(running, 'POST', '/upload', JSON.stringify(environment));

    expect(status).toBe(400);
    expect(body.messages[0].text).toContain('/submodels/1/submodelElements/0/modelType');
    expect(await everything()).toEqual({});
  });

  it('refuses what is neither JSON nor XML with its line', async () => {
    const { status, body } = await sendForm(running, 'POST', '/upload', '{\n"submodels" []}\n');

    expect(status).toBe(400);
    expect(body.messages[0].text).toContain('line 2');
  });

  it('replaces what is there, unless duplicates are to be ignored', async () => {
    const named = (idShort: string) => JSON.stringify({ submodels: [{ id: 'urn:a', idShort }] });
    const idShort = async () => (await running.call('GET', submodelPath('urn:a'))).body.idShort;
    await sendForm(running, 'POST', '/upload', named('First'));

    await sendForm(running, 'POST', '/upload?ignore-duplicates=true', named('Second'));
    const kept = await idShort();
    await sendForm(running, 'POST', '/upload', named('Third'));

    expect([kept, await idShort()]).toEqual(['First', 'Third']);
  });

  it('stores what breaks rules and reports it, or refuses it where they are strict', async () => {
    const broken = JSON.stringify({ submodels: [submodel('urn:a', [], { supplementalSemanticIds: [] })] });
    const reported = await sendForm(running, 'POST', '/upload', broken);
    await running.stop();
    const environment = await openEnvironment({
      folder: join(workplace.folder, 'strict'),
      log: silentLog,
      validation: 'strict',
    });
    running = await runEnvironment();

    expect(reported.body).toMatchObject({
      success: true,
      findings: 2,
      firstFindings: [
        { rule: 'empty-list', path: '/submodels/0/supplementalSemanticIds' },
        { rule: 'AASd-118', path: '/submodels/0' },
      ],
    });
    await expect(environment.load(workplace.file(broken, 'broken.json'))).rejects.toMatchObject({
      code: 'E_INVALID_INPUT',
      message: expect.stringContaining('broken.json'),
      faults: [{ path: '/submodels/0/supplementalSemanticIds' }, { path: '/submodels/0' }],
    });
    environment.close();
  });

  it('from a folder takes in each file once, so that a start undoes no change', async () => {
    mkdirSync(join(workplace.folder, 'plant', 'below'), { recursive: true });
    workplace.file(JSON_TEXT, join('plant', 'below', 'pump.json'));
    workplace.file(await fixturePackage(workplace), join('plant', 'pump.aasx'));
    workplace.file('ignored', join('plant', 'notes.txt'));

    const first = await running.environment.load(join(workplace.folder, 'plant'));
    await running.call('DELETE', submodelPath(SUBMODEL_ID));
    const second = await running.environment.load(join(workplace.folder, 'plant'));

    expect(first.map(({ summary }) => summary?.submodels)).toEqual([2, 2]);
    expect(second.map(({ summary }) => summary)).toEqual([undefined, undefined]);
    expect((await running.call('GET', submodelPath(SUBMODEL_ID))).status).toBe(404);
    await expect(running.environment.load(join(workplace.folder, 'none'))).rejects.toMatchObject({
      code: 'E_FILE_NOT_FOUND',
    });
  });
});
