import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interfaceSubmodels } from '../../aas/client/find-interface-submodels.ts';
import { describedInterfaces } from '../../aas/client/interface-description.ts';
import { mappedPairs } from '../../aas/client/mapping-configuration.ts';
import { aasLine } from '../../cli/line/aas-line.ts';
import { lineFileText } from '../../cli/line/line-file-text.ts';
import { withNamespaceUris } from '../../cli/line/with-namespace-uris.ts';
import { parseAndValidate } from '../../openapi/validate.ts';
import { CodedError } from '../../runtime/errors.ts';
import { runEnvironment } from '../aas/running-environment.ts';
import { runFedshell } from '../support/run-fedshell.ts';

const GOLDEN = join(__dirname, '..', 'aas', 'golden');
const golden = (name: string) => JSON.parse(readFileSync(join(GOLDEN, `${name}.json`), 'utf8'));

const folder = mkdtempSync(join(tmpdir(), 'fedshell-from-aas-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An element of a submodel, written by hand. */
const property = (idShort: string, value: string) => ({ modelType: 'Property', idShort, value });
const collection = (idShort: string, value: object[], more: object = {}) => ({
  modelType: 'SubmodelElementCollection',
  idShort,
  value,
  ...more,
});
const meaning = (value: string) => ({
  type: 'ExternalReference',
  keys: [{ type: 'GlobalReference', value }],
});
const reference = (...values: string[]) => ({
  type: 'ModelReference',
  keys: values.map((value) => ({ type: 'SubmodelElementCollection', value })),
});

const ID = 'urn:aid';

function description(properties: object[], schemes: object[] = [], security: object[] = []) {
  return {
    modelType: 'Submodel',
    id: ID,
    semanticId: meaning('https://admin-shell.io/idta/AssetInterfacesDescription/1/0/Submodel'),
    submodelElements: [
      collection('OpcUa', [
        collection('EndpointMetadata', [
          property('base', 'opc.tcp://press:4840'),
          { modelType: 'SubmodelElementList', idShort: 'security', value: security },
          collection('securityDefinitions', schemes),
        ]),
        collection('InteractionMetadata', [collection('properties', properties)]),
      ]),
    ],
  };
}

const readable = (idShort: string, href: string, more: object[] = []) =>
  collection(idShort, [collection('forms', [property('href', href)]), ...more]);

function mapping(configuration: object[], version = '2') {
  return {
    modelType: 'Submodel',
    id: 'urn:aimc',
    semanticId: meaning(
      `https://admin-shell.io/idta/AssetInterfacesMappingConfiguration/${version}/0/Submodel`,
    ),
    submodelElements: [
      {
        modelType: 'SubmodelElementList',
        idShort: 'MappingConfigurations',
        value: [collection('', configuration)],
      },
    ],
  };
}

function lineOf(submodels: object[]) {
  const { descriptions, mappings } = interfaceSubmodels(submodels as Record<string, unknown>[]);
  const [first] = descriptions.flatMap(describedInterfaces);
  return aasLine({ description: first!, pairs: mappings.flatMap(mappedPairs) });
}

function refusal(work: () => unknown): CodedError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown;
  }
  throw new Error('nothing was refused');
}

describe('a line from an interface description', () => {
  it('is what our own trainer published: the mapped signals, with the names of their sinks', () => {
    const { line, notes } = lineOf([
      golden('AssetInterfacesDescription_machine'),
      golden('AssetInterfacesMappingConfiguration'),
    ]);

    expect(line).toEqual({
      endpoint: 'opc.tcp://press-1:4840',
      securityMode: 'SignAndEncrypt',
      trust: 'listed',
      signals: { vibration: { node: 'nsu=urn:press;s=Wave#1&2' } },
    });
    expect(notes).toEqual(['the interface asks for a user and password: add user']);
  });

  it('has every property where there is no mapping, by its key', () => {
    const { line } = lineOf([golden('AssetInterfacesDescription_machine')]);
    expect(Object.keys(line.signals)).toEqual(['vibration', 'load-kN']);
  });

  it('has None only where the description says so, and tells of it', () => {
    const { line, notes } = lineOf([golden('AssetInterfacesDescription_machine_open')]);
    expect(line.securityMode).toBe('None');
    expect(notes).toEqual([expect.stringContaining('without security')]);
  });

  it('takes fields of structures, units, arrays and browse paths', () => {
    const { line } = lineOf([
      description([
        readable('state', '/?id=nsu=urn:p;s=State', [
          property('type', 'object'),
          collection('properties', [collection('load', [property('unit', 'kN')])]),
        ]),
        readable('wave', 'opc.tcp://press:4840/?id=nsu=urn:p;s=W', [property('type', 'array')]),
        collection('name', [collection('forms', [property('uav_browsePath', '/0:Objects/nsu=urn:p;Press')])]),
      ]),
      mapping([
        collection(
          'Sources',
          ['state/properties/load', 'wave', 'name'].map((path, index) =>
            collection('', [
              {
                idShort: 'Source',
                value: reference(ID, 'OpcUa', 'InteractionMetadata', 'properties', ...path.split('/')),
              },
              property('SourceId', String(index)),
            ]),
          ),
        ),
        collection(
          'Sinks',
          ['0', '1', '2'].map((id) =>
            collection('', [
              { idShort: 'Sink', value: reference('urn:other', `sink${id}`) },
              property('SinkId', id),
            ]),
          ),
        ),
      ]),
    ]);

    expect(line.signals).toEqual({
      sink0: { node: 'nsu=urn:p;s=State', field: 'load', unit: 'kN' },
      sink1: { node: 'nsu=urn:p;s=W', waveform: {} },
      sink2: { path: '/nsu=urn:p;Press' },
    });
  });

  it('reads the pairs of a mapping of version 1.0.1', () => {
    const { line } = lineOf([
      description([readable('a', '/?id=i=1'), readable('b', '/?id=i=2')]),
      mapping(
        [
          {
            modelType: 'SubmodelElementList',
            idShort: 'MappingSourceSinkRelations',
            value: [
              {
                modelType: 'RelationshipElement',
                first: reference(ID, 'OpcUa', 'InteractionMetadata', 'properties', 'b'),
                second: reference('urn:other', 'temperature'),
              },
            ],
          },
        ],
        '1',
      ),
    ]);
    expect(line.signals).toEqual({ temperature: { node: 'i=2' } });
  });

  it('polls at the interval of the mapping what does not tell of changes', () => {
    const { line } = lineOf([
      description([readable('a', '/?id=i=1'), readable('b', '/?id=i=2', [property('observable', 'true')])]),
      mapping([
        property('DefaultPollingInterval', '0.5'),
        collection(
          'Sources',
          ['a', 'b'].map((name) =>
            collection('', [
              { idShort: 'Source', value: reference(ID, 'OpcUa', 'InteractionMetadata', 'properties', name) },
              property('SourceId', name),
            ]),
          ),
        ),
        collection(
          'Sinks',
          ['a', 'b'].map((name) =>
            collection('', [
              { idShort: 'Sink', value: reference('urn:other', name) },
              property('SinkId', name),
            ]),
          ),
        ),
      ]),
    ]);
    expect(line.signals).toEqual({ a: { node: 'i=1', kind: 'polled', rateHz: 2 }, b: { node: 'i=2' } });
  });

  it('refuses a Lua transformation', () => {
    const { code, faults } = refusal(() =>
      lineOf([
        description([readable('a', '/?id=i=1')]),
        mapping([{ modelType: 'Blob', idShort: 'Transformation', value: '' }]),
      ]),
    );
    expect(code).toBe('E_INVALID_INPUT');
    expect(faults).toEqual([
      { path: 'MappingConfigurations[0].Transformation', message: expect.stringContaining('Lua') },
    ]);
  });

  it('refuses with every property that cannot be read, and issued tokens', () => {
    const { faults } = refusal(() =>
      lineOf([
        description(
          [
            readable('a', '/?id=Wave'),
            collection('b', [collection('forms', [property('uav_browsePath', '/0:Objects/4:Press')])]),
          ],
          [collection('token_sc', [property('uav_userIdentityToken', 'IssuedToken')])],
        ),
      ]),
    );
    expect(faults.map(({ path }) => path)).toEqual(['a', 'b', 'token_sc']);
  });

  it('takes only the schemes that the description asks for, those of a combination included', () => {
    const schemes = [
      collection('nosec_sc', [property('scheme', 'nosec')]),
      collection('combo_sc', [
        property('scheme', 'combo'),
        { idShort: 'allOf', value: [{ value: reference(ID, 'OpcUa', 'x', 'sign_sc') }] },
      ]),
      collection('sign_sc', [property('scheme', 'uav_channelsec'), property('uav_securityMode', 'Sign')]),
    ];
    const { line } = lineOf([
      description([readable('a', '/?id=i=1')], schemes, [{ value: reference(ID, 'OpcUa', 'x', 'combo_sc') }]),
    ]);
    expect(line.securityMode).toBe('Sign');
  });
});

describe('a node by the index of its namespace', () => {
  it('is taken with a note, and by its browse path where that names the namespace', () => {
    const browsePath = (path: string) =>
      collection('both', [
        collection('forms', [property('href', '/?id=ns=4;s=W'), property('uav_browsePath', path)]),
      ]);
    const indexed = lineOf([
      description([readable('wave', '/?id=ns=4;s=W'), readable('now', '/?id=ns=0;i=2258')]),
    ]);
    const both = lineOf([description([browsePath('/0:Objects/nsu=urn:p;Press/nsu=urn:p;Wave')])]);
    const indices = lineOf([description([browsePath('/0:Objects/4:Press')])]);

    expect(indexed.line.signals).toEqual({ wave: { node: 'ns=4;s=W' }, now: { node: 'i=2258' } });
    expect(indexed.notes).toEqual([
      expect.stringMatching(/^wave: the description has only the index .*--resolve/),
    ]);
    expect(both.line.signals).toEqual({ both: { path: '/nsu=urn:p;Press/nsu=urn:p;Wave' } });
    expect(both.notes).toEqual([]);
    expect(indices.notes).toHaveLength(1);
  });

  it('gets the URI that the machine has for it, and is refused where it has none', () => {
    const { line } = lineOf([
      description([
        readable('wave', '/?id=ns=2;s=W'),
        readable('now', '/?id=i=2258'),
        readable('far', '/?id=ns=3;s=F'),
      ]),
    ]);

    expect(
      withNamespaceUris(line, ['http://opcfoundation.org/UA/', 'urn:own', 'urn:p', 'urn:q']).signals,
    ).toEqual({
      wave: { node: 'nsu=urn:p;s=W' },
      now: { node: 'i=2258' },
      far: { node: 'nsu=urn:q;s=F' },
    });
    expect(refusal(() => withNamespaceUris(line, ['http://opcfoundation.org/UA/'])).faults).toHaveLength(2);
  });
});

describe('the name of a signal', () => {
  it('may be one that objects have by themselves', () => {
    const { line } = lineOf([
      description([
        readable('proto', '/?id=i=1', [property('key', '__proto__')]),
        readable('b', '/?id=i=2', [property('key', 'constructor')]),
      ]),
    ]);

    expect(Object.entries(line.signals)).toEqual([
      ['__proto__', { node: 'i=1' }],
      ['constructor', { node: 'i=2' }],
    ]);
    const text = lineFileText({ about: [], line, remarks: new Map() });
    expect(Object.keys(parseAndValidate('OpcuaSource', text, 'a line').signals)).toEqual([
      '__proto__',
      'constructor',
    ]);
  });
});

describe('fedshell line from-aas', () => {
  it('takes a larger package for a package, whatever its size', async () => {
    const file = join(folder, 'large.aasx');
    writeFileSync(file, 'PK');
    truncateSync(file, 600 * 1024 ** 2);

    const { exitCode, stderr } = await runFedshell(['line', 'from-aas', '--file', file]);

    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('E_AASX_REFUSED');
  });

  it('finds the interface of a shell by the registry of an AAS environment', async () => {
    const environment = await runEnvironment();
    try {
      const submodel = golden('AssetInterfacesDescription_machine');
      const shell = {
        modelType: 'AssetAdministrationShell',
        id: 'urn:press:shell',
        assetInformation: { assetKind: 'Instance', globalAssetId: 'urn:press' },
        submodels: [{ type: 'ModelReference', keys: [{ type: 'Submodel', value: submodel.id }] }],
      };
      expect((await environment.call('POST', '/submodels', submodel)).status).toBe(201);
      expect((await environment.call('POST', '/shells', shell)).status).toBe(201);
      const found = ['--registry', environment.server.url, '--shell', shell.id];

      const { exitCode, stdout, stderr } = await runFedshell(['line', 'from-aas', ...found, '--json']);
      const missing = await runFedshell(['line', 'from-aas', ...found.slice(0, 3), 'urn:nobody']);

      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(JSON.parse(stdout).line).toMatchObject({
        endpoint: 'opc.tcp://press-1:4840',
        signals: { vibration: { node: 'nsu=urn:press;s=Wave#1&2' } },
      });
      expect(missing.exitCode).toBe(1);
      expect(missing.stderr).toContain('E_AAS_NOT_FOUND');
    } finally {
      await environment.stop();
    }
  });

  it('writes a valid line file from a file of submodels, and not over another one', async () => {
    const file = join(folder, 'submodels.json');
    const output = join(folder, 'press.line.yaml');
    writeFileSync(file, JSON.stringify([golden('AssetInterfacesDescription_machine')]));

    const first = await runFedshell(['line', 'from-aas', '--file', file, '--output', output]);
    const second = await runFedshell(['line', 'from-aas', '--file', file, '--output', output]);

    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    const text = readFileSync(output, 'utf8');
    expect(Object.keys(parseAndValidate('OpcuaSource', text, output).signals)).toEqual([
      'vibration',
      'load-kN',
    ]);
    expect(second.exitCode).toBe(1);
    expect(second.stderr).toContain('E_ALREADY_EXISTS');
  });
});
