import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { PACKAGE_LIMITS } from '../../../aas/aasx/open-package.ts';
import { type Aasx, type AasxPart, openAasx } from '../../../aas/aasx/read-aasx.ts';
import { type PackedFile, writeAasx } from '../../../aas/aasx/write-aasx.ts';
import { writeXmlEnvironment } from '../../../aas/xml/write-xml-environment.ts';
import type { CodedError } from '../../../runtime/errors.ts';
import { foreignPackage, Workplace, zipOf } from './zip-of.ts';

const XML = readFileSync(join(__dirname, 'fixtures', 'every-element-3-0.xml'), 'utf8');
const JSON_TEXT = readFileSync(join(__dirname, 'fixtures', 'every-element.json'), 'utf8');
const ENVIRONMENT = JSON.parse(JSON_TEXT);

const workplace = new Workplace();
const open: Aasx[] = [];

afterEach(() => {
  for (const aasx of open.splice(0)) aasx.close();
});
afterAll(() => workplace.remove());

async function opened(content: Buffer, limits: Partial<typeof PACKAGE_LIMITS> = {}): Promise<Aasx> {
  const aasx = await openAasx(workplace.file(content), { ...PACKAGE_LIMITS, ...limits });
  open.push(aasx);
  return aasx;
}

async function refusal(content: Buffer, limits: Partial<typeof PACKAGE_LIMITS> = {}): Promise<CodedError> {
  return opened(content, limits).then(
    () => Promise.reject(new Error('the package was read')),
    (thrown: CodedError) => thrown,
  );
}

const contentOf = (part: AasxPart | undefined): Promise<Buffer> | undefined =>
  part === undefined ? undefined : buffer(part.read());

const packed = (part: string, contentType: string, content: Buffer): PackedFile => ({
  part,
  contentType,
  bytes: content.length,
  path: workplace.file(content),
});

describe('an AASX package', () => {
  it.each(['xml', 'json'] as const)(
    'gives back its model in %s, its files and its thumbnail',
    async (format) => {
      const manual = Buffer.alloc(300_000, 'manual ');
      const picture = Buffer.from([0, 255, 1, 254]);
      const chunks = () =>
        format === 'xml' ? writeXmlEnvironment(ENVIRONMENT, '3.0') : [JSON.stringify(ENVIRONMENT)];
      const files = [
        packed('aasx/files/manual.pdf', 'application/pdf', manual),
        packed('aasx/files/page%201.txt', 'text/plain', Buffer.from('page')),
        packed('aasx/files/pump.png', 'image/png', picture),
      ];

      const aasx = await opened(
        await buffer(writeAasx({ model: { format, chunks }, files, thumbnail: 'aasx/files/pump.png' })),
      );

      expect(aasx.environment).toEqual(ENVIRONMENT);
      expect(aasx.thumbnail).toMatchObject({ fileName: 'pump.png', contentType: 'image/png', bytes: 4 });
      expect(await contentOf(aasx.thumbnail)).toEqual(picture);
      const page = aasx.part('/aasx/files/page%201.txt');
      expect(page).toMatchObject({ fileName: 'page 1.txt', contentType: 'text/plain' });
      expect(await contentOf(aasx.part('/aasx/files/manual.pdf'))).toEqual(manual);
      expect(aasx.part('https://example.com/aasx/files/manual.pdf')).toBeUndefined();
      expect(aasx.part('/aasx/files/other.pdf')).toBeUndefined();
    },
  );

  it('is read as other tools write it', async () => {
    const aasx = await opened(
      await zipOf(foreignPackage(XML, { 'aasx/files/manual.pdf': 'x', 'icon.png': 'y' })),
    );

    expect(aasx.environment).toEqual(ENVIRONMENT);
    expect(aasx.part('files/manual.pdf')).toMatchObject({ fileName: 'manual.pdf', contentType: undefined });
    expect(aasx.thumbnail?.fileName).toBe('icon.png');
  });

  it('with the same model twice counts it once', async () => {
    const relations =
      '<Relationships><Relationship Type="http://admin-shell.io/aasx/relationships/aas-spec" Target="device.aas.xml"/><Relationship Type="http://admin-shell.io/aasx/relationships/aas-spec" Target="/aasx/data.json"/></Relationships>';
    const parts = {
      ...foreignPackage(XML, { 'aasx/data.json': JSON_TEXT }),
      'aasx/_rels/aasx-origin.rels': relations,
    };

    expect((await opened(await zipOf(parts))).environment).toEqual(ENVIRONMENT);
  });

  it.each([
    ['what is no zip', async () => Buffer.from('not a zip')],
    ['nothing', async () => Buffer.alloc(0)],
    ['a zip without an origin', () => zipOf({ 'a.txt': 'b' })],
    [
      'an origin without a model',
      () => zipOf({ ...foreignPackage(''), 'aasx/_rels/aasx-origin.rels': '<a/>' }),
    ],
    ['a package that is cut off', async () => (await zipOf(foreignPackage(XML))).subarray(0, -40)],
    [
      'a relationship that leads out',
      () =>
        zipOf({
          ...foreignPackage(XML),
          'aasx/_rels/aasx-origin.rels':
            '<Relationships><Relationship Type="http://admin-shell.io/aasx/relationships/aas-spec" Target="../../etc/passwd"/></Relationships>',
        }),
    ],
    [
      'a document type in a relationship',
      () => zipOf({ ...foreignPackage(XML), '_rels/.rels': '<!DOCTYPE a><a/>' }),
    ],
    ['two parts of one name', () => zipOf({ ...foreignPackage(XML), 'AASX/aasx-ORIGIN': '' })],
    [
      'a part that leads out of the package',
      async () => {
        const content = (await zipOf({ ...foreignPackage(XML), 'xx/yy/evil.txt': 'z' })).toString('latin1');
        return Buffer.from(content.replaceAll('xx/yy/evil.txt', '../../evil.txt'), 'latin1');
      },
    ],
    [
      'an encrypted part',
      async () => {
        const content = await zipOf(foreignPackage(XML));
        // Bit 0 of the flags in the directory's first entry.
        const entry = content.indexOf(Buffer.from('PK\u0001\u0002', 'latin1'));
        content.writeUInt16LE(content.readUInt16LE(entry + 8) | 1, entry + 8);
        return content;
      },
    ],
    ['a zip bomb', () => zipOf({ ...foreignPackage(XML), 'bomb.bin': Buffer.alloc(80 * 1024 ** 2) })],
  ])('is refused: %s', async (_what, content) => {
    expect((await refusal(await content())).code).toBe('E_AASX_REFUSED');
  });

  it('is refused where a part or the whole is longer than allowed', async () => {
    const content = await zipOf(foreignPackage(XML));

    expect((await refusal(content, { partBytes: 100 })).message).toContain('more than 100 bytes');
    expect((await refusal(content, { totalBytes: XML.length })).message).toContain(
      'the package unpacks to more',
    );
    expect((await refusal(content, { modelBytes: 100 })).message).toContain('a model of more than 100 bytes');
  });

  it('is refused where a part unpacks to more than the directory says', async () => {
    const content = await zipOf(foreignPackage(XML));
    const entry = content.indexOf(Buffer.from('aasx/device.aas.xml'), content.indexOf('PK\u0001\u0002')) - 46;
    content.writeUInt32LE(100, entry + 24);

    expect((await refusal(content)).code).toBe('E_AASX_REFUSED');
  });

  it('says what is wrong with its model', async () => {
    const error = await refusal(await zipOf(foreignPackage('<environment/>')));

    expect(error.code).toBe('E_INVALID_INPUT');
    expect(error.message).toContain('namespace');
  });

  it('ends with an error when a file cannot be read while it is written', async () => {
    const missing = { part: 'a.bin', contentType: 'a/b', bytes: 3, path: join(workplace.folder, 'missing') };

    const writing = buffer(writeAasx({ model: { format: 'json', chunks: () => ['{}'] }, files: [missing] }));

    await expect(writing).rejects.toThrow('ENOENT');
  });
});
