import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { checkEnvironment, type EnvironmentJson } from '../../../aas/environment-json.ts';
import { readXmlEnvironment } from '../../../aas/xml/read-xml-environment.ts';
import { writeXmlEnvironment } from '../../../aas/xml/write-xml-environment.ts';
import type { CodedError } from '../../../runtime/errors.ts';
import { environment as environments } from './element-arbitraries.ts';

const toXml = (environment: EnvironmentJson, version: '3.0' | '3.1' = '3.1') =>
  [
    ...writeXmlEnvironment(
      { assetAdministrationShells: [], submodels: [], conceptDescriptions: [], ...environment },
      version,
    ),
  ].join('');

/** The bytes of a text in pieces, so that names and characters are cut anywhere. */
async function* pieces(content: string | Buffer, bytes = 7): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.from(content);
  for (let at = 0; at < buffer.length; at += bytes) yield buffer.subarray(at, at + bytes);
}

const fromXml = async (xml: string | Buffer) => (await readXmlEnvironment(pieces(xml))).environment;

const document = (inside: string, namespace = 'https://admin-shell.io/aas/3/0') =>
  `<?xml version="1.0"?>\n<environment xmlns="${namespace}">${inside}</environment>`;

async function refusal(xml: string | Buffer): Promise<CodedError> {
  try {
    await fromXml(xml);
  } catch (thrown) {
    return thrown as CodedError;
  }
  throw new Error('the XML was read');
}

describe('the XML of an Environment', () => {
  it('says the same as its JSON, whatever the model', async () => {
    await fc.assert(
      fc.asyncProperty(
        environments,
        fc.constantFrom('3.0' as const, '3.1' as const),
        async (drawn, version) => {
          const environment = checkEnvironment(drawn);

          expect(await fromXml(toXml(environment, version))).toEqual(environment);
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each(['3/0', '3/1'])('is read from a file of the namespace %s with every class', async (namespace) => {
    const file = readFileSync(join(__dirname, 'fixtures', 'every-element-3-0.xml'), 'utf8');
    const json = readFileSync(join(__dirname, 'fixtures', 'every-element.json'), 'utf8');

    const environment = await fromXml(file.replace('/aas/3/0', `/aas/${namespace}`));

    expect(environment).toEqual(JSON.parse(json));
  });

  it('is read with a prefix, comments, a byte order mark and in UTF-16', async () => {
    const xml =
      '<aas:environment xmlns:aas="https://admin-shell.io/aas/3/1"><!-- one --><aas:submodels><aas:submodel>' +
      '<aas:id><![CDATA[urn:ä&]]></aas:id></aas:submodel></aas:submodels></aas:environment>';
    const expected = { submodels: [{ modelType: 'Submodel', id: 'urn:ä&' }] };

    expect(await fromXml(`\ufeff${xml}`)).toEqual(expected);
    expect(await fromXml(Buffer.from(`\ufeff${xml}`, 'utf16le'))).toEqual(expected);
  });

  it('may have its members in any order, and empty lists', async () => {
    const xml = document(
      '<submodels><submodel><submodelElements/><id>urn:a</id><kind> Template </kind></submodel></submodels>',
    );

    expect(await fromXml(xml)).toEqual({
      submodels: [{ modelType: 'Submodel', id: 'urn:a', kind: 'Template' }],
    });
  });

  it('has empty lists where package tools write them for what must be there', async () => {
    const xml = document(
      '<submodels><submodel><id>urn:a</id><semanticId><type>ExternalReference</type><keys/></semanticId></submodel></submodels>',
    );

    const environment = await fromXml(xml);

    expect(environment.submodels?.[0]).toMatchObject({ semanticId: { type: 'ExternalReference', keys: [] } });
    expect(await fromXml(toXml(environment))).toEqual(environment);
  });

  it('is refused with line and path of every fault', async () => {
    const error = await refusal(
      document(
        '\n<submodels>\n<submodel>\n<id>urn:a</id>\n<submodelElements>\n<property>\n<idShort>One</idShort>\n<wrong>1</wrong>\n' +
          '</property>\n<thing/>\n</submodelElements>\n</submodel></submodels>',
      ),
    );

    expect(error.code).toBe('E_INVALID_INPUT');
    expect(error.faults).toEqual([
      {
        path: '/submodels/0/submodelElements/0/wrong',
        line: 9,
        message: 'the metamodel has no element wrong here',
      },
      {
        path: '/submodels/0/submodelElements/thing',
        line: 11,
        message: 'the metamodel has no element thing here',
      },
    ]);
  });

  it('is refused with the line of the object whose value is none of its type', async () => {
    const error = await refusal(
      document(
        '\n<submodels>\n<submodel>\n<id>urn:a</id>\n<submodelElements>\n<property>\n<idShort>One</idShort>\n' +
          '<valueType>xs:int</valueType>\n<value>x</value>\n</property>\n</submodelElements>\n</submodel></submodels>',
      ),
    );

    expect(error.faults).toEqual([
      { path: '/submodels/0/submodelElements/0/value', line: 7, message: '"x" is not a value of xs:int' },
    ]);
  });

  it.each([
    ['a document type', '<!DOCTYPE a><environment xmlns="https://admin-shell.io/aas/3/0"/>'],
    [
      'an entity of its own',
      '<!DOCTYPE a [<!ENTITY b "c">]><environment xmlns="https://admin-shell.io/aas/3/0">&b;</environment>',
    ],
    ['an unknown entity', document('<submodels>&other;</submodels>')],
    ['another namespace', document('', 'http://www.admin-shell.io/aas/2/0')],
    ['mixed namespaces', document('<submodels xmlns="https://admin-shell.io/aas/3/1"/>')],
    ['another outermost element', '<submodel xmlns="https://admin-shell.io/aas/3/0"/>'],
    ['an end that is missing', '<environment xmlns="https://admin-shell.io/aas/3/0">'],
    ['nothing', ''],
    [
      'a member twice',
      document('<submodels/><submodels><submodel><id>a</id><id>b</id></submodel></submodels>'),
    ],
    ['text between elements', document('<submodels>text</submodels>')],
    ['names that every object has', document('<constructor/><__proto__/>')],
    ['another encoding', '<?xml version="1.0" encoding="ISO-8859-1"?><environment/>'],
    ['nesting beyond measure', document('<submodels>'.repeat(5000))],
    [
      'two values of a variable',
      document(
        '<submodels><submodel><id>a</id><submodelElements><operation><idShort>Op</idShort><inputVariables><operationVariable><value><capability><idShort>aa</idShort></capability><capability><idShort>bb</idShort></capability></value></operationVariable></inputVariables></operation></submodelElements></submodel></submodels>',
      ),
    ],
  ])('is refused with %s', async (_what, xml) => {
    expect((await refusal(xml)).code).toBe('E_INVALID_INPUT');
  });

  it('cannot be written for a text that XML cannot express', () => {
    const environment = { submodels: [{ modelType: 'Submodel', id: 'urn:\u0001' }] };

    expect(() => toXml(environment)).toThrow('/submodels/0/id');
  });

  it('is refused as bytes that are no text', async () => {
    expect((await refusal(Buffer.from([0x3c, 0x61, 0xff, 0xfe, 0x3e]))).code).toBe('E_INVALID_INPUT');
  });
});
