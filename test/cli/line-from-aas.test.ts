import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interfaceSubmodels } from '../../aas/client/find-interface-submodels.ts';
import { describedInterfaces } from '../../aas/client/interface-description.ts';
import { mappedPairs } from '../../aas/client/mapping-configuration.ts';
import { aasLine } from '../../cli/line/aas-line.ts';
import { parseAndValidate } from '../../openapi/validate.ts';
import { CodedError } from '../../runtime/errors.ts';
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

describe('fedshell line from-aas', () => {
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
