import { PACKAGE_LIMITS } from '../../../aas/aasx/open-package.ts';
import { openAasx } from '../../../aas/aasx/read-aasx.ts';
import { encodeIdentifier } from '../../../aas/identifier-encoding.ts';
import { readXmlEnvironment } from '../../../aas/xml/read-xml-environment.ts';
import { type RunningEnvironment, runEnvironment, submodel, text } from '../running-environment.ts';
import {
  attachmentPath,
  ENVIRONMENT,
  FILES,
  fetchBytes,
  fixturePackage,
  SHELL_ID,
  SUBMODEL_ID,
  sendForm,
} from './serving.ts';
import { Workplace } from './zip-of.ts';

const AASX = 'application/asset-administration-shell-package';

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

describe('/serialization', () => {
  const workplace = new Workplace();
  let running: RunningEnvironment;

  beforeAll(async () => {
    running = await runEnvironment();
    await sendForm(running, 'POST', '/upload', await fixturePackage(workplace));
  });
  afterAll(async () => {
    await running.stop();
    workplace.remove();
  });

  const asJson = async (query = '') => (await running.call('GET', `/serialization${query}`)).body;

  it('gives everything as JSON', async () => {
    expect(await asJson()).toEqual(ENVIRONMENT);
  });

  it('gives everything as XML of metamodel 3.0, as nothing needs 3.1', async () => {
    const { headers, bytes } = await fetchBytes(running, '/serialization', 'application/xml');

    const { environment, version } = await readXmlEnvironment(once(bytes));
    expect(headers.get('content-type')).toContain('application/xml');
    expect(version).toBe('3.0');
    expect(environment).toEqual(ENVIRONMENT);
  });

  it.each([AASX, `${AASX}+xml`, `${AASX}+json`])(
    'gives a package as %s, with files and thumbnail',
    async (type) => {
      const { headers, bytes } = await fetchBytes(running, '/serialization', type);

      const aasx = await openAasx(workplace.file(bytes), PACKAGE_LIMITS);
      expect(headers.get('content-type')).toBe(type);
      expect(aasx.environment).toEqual(ENVIRONMENT);
      expect(aasx.thumbnail?.fileName).toBe('pump.png');
      for (const [part, content] of Object.entries(FILES)) {
        const chunks: Buffer[] = [];
        for await (const chunk of aasx.part(`/${part}`)?.read() ?? []) chunks.push(chunk);
        expect(Buffer.concat(chunks).equals(content)).toBe(true);
      }
      aasx.close();
    },
  );

  it('gives a package that another environment takes in as the same', async () => {
    const { bytes } = await fetchBytes(running, '/serialization', AASX);
    const other = await runEnvironment();

    const { body } = await sendForm(other, 'POST', '/upload', bytes);

    expect(body).toMatchObject({
      success: true,
      shells: 1,
      submodels: 2,
      conceptDescriptions: 2,
      attachments: 3,
    });
    expect((await other.call('GET', '/serialization')).body).toEqual(ENVIRONMENT);
    const manual = await fetchBytes(other, attachmentPath('Limits.Inner.Curve'));
    expect(manual.bytes.toString()).toBe('a;b\n1;2\n');
    await other.stop();
  });

  it('gives the shells that are named, with their submodels and the concepts these speak of', async () => {
    const all = await asJson(`?aasIds=${encodeIdentifier(SHELL_ID)}`);
    const without = await asJson(`?aasIds=${encodeIdentifier(SHELL_ID)}&includeConceptDescriptions=false`);
    const one = await asJson(
      `?submodelIds=${encodeIdentifier(`${SUBMODEL_ID.replace('every-element', 'template')}`)}`,
    );

    expect(all).toEqual(ENVIRONMENT);
    expect(Object.keys(without)).toEqual(['assetAdministrationShells', 'submodels']);
    expect(one).toEqual({ submodels: [ENVIRONMENT.submodels[1]] });
  });

  it('refuses ids that are not there, and other content types', async () => {
    const status = async (path: string, accept = '*/*') => (await fetchBytes(running, path, accept)).status;

    expect(await status(`/serialization?aasIds=${encodeIdentifier('urn:x')}`)).toBe(404);
    expect(await status(`/serialization?submodelIds=${encodeIdentifier('urn:x')}`)).toBe(404);
    expect(await status('/serialization?aasIds=*')).toBe(400);
    expect(await status('/serialization?includeConceptDescriptions=maybe')).toBe(400);
    expect(await status('/serialization', 'image/png')).toBe(400);
  });

  it('gives files of one name their own places', async () => {
    const other = await runEnvironment();
    const file = {
      modelType: 'File',
      idShort: 'Doc',
      contentType: 'text/plain',
      value: 'http://example.com/doc.txt',
    };
    for (const name of ['one', 'two']) {
      await other.call('POST', '/submodels', submodel(`urn:${name}`, [file]));
      const path = `/submodels/${encodeIdentifier(`urn:${name}`)}/submodel-elements/Doc/attachment`;
      await sendForm(other, 'PUT', path, name, { fileName: 'doc.txt' });
    }

    const { bytes } = await fetchBytes(other, '/serialization', AASX);

    const aasx = await openAasx(workplace.file(bytes), PACKAGE_LIMITS);
    const contents: string[] = [];
    for (const { submodelElements } of aasx.environment.submodels ?? []) {
      // The submodels just posted.
      const [element] = submodelElements as { value: string }[];
      for await (const chunk of aasx.part(element?.value)?.read() ?? []) contents.push(chunk.toString());
    }
    expect(contents).toEqual(['one', 'two']);
    aasx.close();
    await other.stop();
  });

  it('names namespace 3.1 where something needs it, and refuses what XML cannot express', async () => {
    const other = await runEnvironment();
    await other.call('POST', '/submodels', submodel('urn:a', [text('With-Hyphen', 'x')]));
    const { bytes } = await fetchBytes(other, '/serialization', 'text/xml');
    await other.call('POST', '/submodels', submodel('urn:b', [text('Odd', 'a\u0001b')]));
    const refused = await fetchBytes(other, '/serialization', 'text/xml');
    const old = await fetchBytes(other, '/serialization?metamodel=3.0', 'text/xml');
    const asked = await fetchBytes(running, '/serialization?metamodel=3.1', 'text/xml');

    expect(bytes.toString()).toContain('https://admin-shell.io/aas/3/1');
    expect([refused.status, old.status]).toEqual([400, 400]);
    expect(asked.bytes.toString()).toContain('https://admin-shell.io/aas/3/1');
    await other.stop();
  });

  it('of nothing is an empty environment', async () => {
    const other = await runEnvironment();

    expect((await other.call('GET', '/serialization')).body).toEqual({});
    expect((await fetchBytes(other, '/serialization', 'application/xml')).bytes.toString()).toContain(
      '<environment',
    );
    await other.stop();
  });
});
