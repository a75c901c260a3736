import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAndValidate, validate } from '../openapi/validate.ts';
import { CodedError } from '../runtime/errors.ts';
import { packageRoot } from '../runtime/package-root.ts';

function faultsOf(act: () => unknown) {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown.faults;
    throw thrown;
  }
  throw new Error('nothing was refused');
}

const trainerFile = `
aggregator: http://127.0.0.1:8600
pool: { id: hall-3 }
participants:
  - id: press-1
    source:
      opcua:
        endpoint: opc.tcp://press-1:4840
        signals:
          vibration: { node: "nsu=urn:press;s=Wave" }
`;

describe('a file that a person wrote', () => {
  it('is taken in YAML and in JSON, its defaults filled in', () => {
    const fromYaml = parseAndValidate('TrainerFile', trainerFile, 'hall.yaml');
    const fromJson = parseAndValidate('TrainerFile', JSON.stringify(fromYaml), 'hall.json');
    expect(fromJson).toEqual(fromYaml);
    expect(fromYaml.participants[0]?.source.opcua).toMatchObject({
      securityMode: 'SignAndEncrypt',
      bridgeSeconds: 30,
    });
  });

  it('is refused with all its faults, each with path and line', () => {
    const text = trainerFile
      .replace('hall-3', 'hall 3')
      .replace('    source:', '    colour: red\n    source:')
      .replace('opc.tcp:', 'http:');
    const faults = faultsOf(() => parseAndValidate('TrainerFile', text, 'hall.yaml'));
    expect(faults).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: '/pool/id', line: 3 }),
        expect.objectContaining({ path: '/participants/0/colour', line: 6, message: 'unknown key' }),
        expect.objectContaining({ path: '/participants/0/source/opcua/endpoint', line: 9 }),
      ]),
    );
    expect(faults).toHaveLength(3);
  });

  it('is refused with the line when it is no YAML', () => {
    const faults = faultsOf(() => parseAndValidate('TrainerFile', 'pool: {\nid: [', 'hall.yaml'));
    expect(faults[0]?.line).toBeGreaterThanOrEqual(2);
  });

  it.each([
    [
      { kind: 'all', of: 3 },
      { path: '/cohort/of', message: 'unknown key' },
    ],
    [{ kind: 'count' }, { path: '/cohort', message: "must have required property 'of'" }],
    [{ kind: 'half' }, { path: '/cohort/kind', message: 'must be one of all, count, fraction' }],
    [{ of: 3 }, { path: '/cohort/kind', message: 'must be one of all, count, fraction' }],
  ])('is told what is wrong with the kind that it chose: %j', (cohort, fault) => {
    const file = join(packageRoot(), 'examples', 'vibration.federation.yaml');
    const text = readFileSync(file, 'utf8').replace(/^cohort: .*$/m, `cohort: ${JSON.stringify(cohort)}`);

    expect(faultsOf(() => parseAndValidate('Federation', text, file))).toMatchObject([fault]);
  });
});

describe('what lies between the members of a file', () => {
  const federation = readFileSync(join(packageRoot(), 'examples', 'vibration.federation.yaml'), 'utf8');

  it('is checked, too, with path and line', () => {
    const text = federation
      .replace('hidden: [256, 64] }', 'hidden: [256, 64], dropout: 0.1 }')
      .replace('bands: 32 }', 'bands: 3200 }')
      .replace('cohort: { kind: all }', 'cohort: { kind: count, of: 2 }')
      .replace('quorum: { kind: fraction, of: 0.8 }', 'quorum: { kind: count, of: 5 }');
    const faults = faultsOf(() => parseAndValidate('Federation', text, 'federation.yaml'));
    expect(faults.map(({ path }) => path)).toEqual([
      '/model/dropout',
      '/profile/features/bands',
      '/quorum/of',
    ]);
    expect(faults.every(({ line }) => line !== undefined && line > 1)).toBe(true);
  });

  it('names participants that are there twice and nodes that are none', () => {
    const file = parseAndValidate('TrainerFile', trainerFile, 'hall.yaml');
    const [press] = file.participants;
    press!.source.opcua!.signals['vibration']!.node = 'garbage';
    const faults = faultsOf(() =>
      validate('TrainerFile', { ...file, participants: [press, press] }, 'hall.yaml'),
    );
    expect(faults.map(({ path }) => path)).toEqual([
      '/participants/0/source/opcua/signals/vibration/node',
      '/participants/1/id',
      '/participants/1/source/opcua/signals/vibration/node',
    ]);
  });
});
