import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { encodeIdentifier } from '../../../aas/identifier-encoding.ts';
import { type RunningEnvironment, runEnvironment } from '../running-environment.ts';
import {
  attachmentPath,
  FILES,
  fetchBytes,
  fixturePackage,
  SHELL_ID,
  SUBMODEL_ID,
  sendForm,
} from './serving.ts';
import { Workplace } from './zip-of.ts';

describe('the AASX file server', () => {
  const workplace = new Workplace();
  let running: RunningEnvironment;
  let aasx: Buffer;

  beforeAll(async () => {
    aasx = await fixturePackage(workplace);
  });
  beforeEach(async () => {
    running = await runEnvironment();
  });
  afterEach(() => running.stop());
  afterAll(() => workplace.remove());

  const packagePath = (id: string) => `/packages/${encodeIdentifier(id)}`;
  const storedFiles = () => readdirSync(join(running.folder, 'packages'));

  it('stores a package, describes it and gives it back', async () => {
    const { status, headers, body } = await sendForm(running, 'POST', '/packages', aasx, {
      fileName: 'püm p.aasx',
    });

    expect(status).toBe(201);
    expect(body).toEqual({ packageId: expect.any(String), aasIds: [SHELL_ID] });
    expect(headers.get('location')).toBe(packagePath(body.packageId));
    const got = await fetchBytes(running, packagePath(body.packageId));
    expect(got.status).toBe(200);
    expect(got.bytes.equals(aasx)).toBe(true);
    expect(got.headers.get('content-type')).toBe('application/asset-administration-shell-package');
    expect(got.headers.get('x-filename')).toBe('p%C3%BCm%20p.aasx');
  });

  it('loads what a package holds, with its files and its thumbnail', async () => {
    await sendForm(running, 'POST', '/packages', aasx);

    const shells = await running.call('GET', '/shells');
    expect(shells.body.result.map(({ id }: { id: string }) => id)).toEqual([SHELL_ID]);
    const manual = await fetchBytes(running, attachmentPath('Manual'));
    expect(manual.bytes.equals(FILES['aasx/files/manual.pdf'] as Buffer)).toBe(true);
    const page = await fetchBytes(running, attachmentPath('Documents[0].Page'));
    expect(page.bytes.toString()).toBe('page one');
    expect(page.headers.get('content-disposition')).toContain('page 1.txt');
  });

  it('refuses a package that it has already, and takes out one', async () => {
    const { body } = await sendForm(running, 'POST', '/packages', aasx);

    expect((await sendForm(running, 'POST', '/packages', aasx)).status).toBe(409);
    expect((await running.call('DELETE', packagePath(body.packageId))).status).toBe(204);
    expect((await running.call('GET', packagePath(body.packageId))).status).toBe(404);
    expect((await running.call('DELETE', packagePath(body.packageId))).status).toBe(404);
    expect(storedFiles()).toEqual([]);
    expect((await running.call('GET', '/shells')).body.result).toHaveLength(1);
  });

  it('creates and replaces a package under an id', async () => {
    const path = packagePath('pump 1');

    const created = await sendForm(running, 'PUT', path, aasx, { aasIds: 'urn:a,urn:b' });
    const replaced = await sendForm(running, 'PUT', path, aasx);

    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(path);
    expect(created.body).toEqual({ packageId: 'pump 1', aasIds: ['urn:a', 'urn:b'] });
    expect(replaced.status).toBe(204);
    expect(storedFiles()).toHaveLength(1);
    expect((await running.call('GET', '/packages')).body.result).toEqual([
      { packageId: 'pump 1', aasIds: [SHELL_ID] },
    ]);
  });

  it('lists packages in pages and by the shells inside', async () => {
    for (const [id, aasIds] of [
      ['one', 'urn:a'],
      ['two', 'urn:b'],
      ['three', 'urn:a'],
    ] as const) {
      await sendForm(running, 'PUT', packagePath(id), aasx, { aasIds });
    }

    const first = await running.call('GET', '/packages?limit=2');
    const second = await running.call('GET', `/packages?limit=2&cursor=${first.body.paging_metadata.cursor}`);
    const ofA = await running.call('GET', `/packages?aasId=${encodeIdentifier('urn:a')}`);

    const ids = (answer: typeof first) =>
      answer.body.result.map((item: { packageId: string }) => item.packageId);
    expect([ids(first), ids(second), ids(ofA)]).toEqual([['one', 'two'], ['three'], ['one', 'three']]);
    expect(second.body.paging_metadata).toEqual({});
  });

  it.each([
    ['what is no package', () => Buffer.from('no zip')],
    ['a package that is cut off', () => aasx.subarray(0, 1000)],
  ])('refuses %s and keeps nothing of it', async (_what, content) => {
    const { status, body } = await sendForm(running, 'POST', '/packages', content());

    expect(status).toBe(400);
    expect(body.messages[0].code).toBe('E_AASX_REFUSED');
    expect(storedFiles()).toEqual([]);
    expect((await running.call('GET', '/shells')).body.result).toEqual([]);
  });

  it('refuses a form without a file, and an id that is no base64url', async () => {
    const form = new FormData();
    form.set('fileName', 'x.aasx');
    const without = await fetch(`${running.server.url}/packages`, { method: 'POST', body: form });

    expect(without.status).toBe(400);
    expect((await running.call('GET', '/packages/a.b')).status).toBe(400);
    expect((await running.call('GET', '/packages?aasId=*')).status).toBe(400);
  });

  it('keeps packages over a restart and throws away what a killed process left', async () => {
    const { body } = await sendForm(running, 'POST', '/packages', aasx);
    workplace.file('', join('..', '..', running.folder, 'packages', 'left.package'));

    running = await running.restart();

    expect(storedFiles()).toHaveLength(1);
    expect((await fetchBytes(running, packagePath(body.packageId))).bytes.equals(aasx)).toBe(true);
  });

  it('refuses a package longer than allowed', async () => {
    await running.stop();
    running = await runEnvironment({ attachmentLimitBytes: 1000 });

    expect((await sendForm(running, 'POST', '/packages', aasx)).status).toBe(413);
    expect(storedFiles()).toEqual([]);
  });

  it('names its profile', async () => {
    const { body } = await running.call('GET', '/description');

    expect(body.profiles).toContain(
      'https://admin-shell.io/aas/API/3/1/AasxFileServerServiceSpecification/SSP-001',
    );
    expect(SUBMODEL_ID).toContain('every-element');
  });
});
