import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withAbsolutePaths } from '../../openapi/trainer-file-paths.ts';
import { parseAndValidate } from '../../openapi/validate.ts';

const EXAMPLES = join(__dirname, '..', '..', 'examples');
const text = (name: string) => readFileSync(join(EXAMPLES, name), 'utf8');
const names = (ending: string) => readdirSync(EXAMPLES).filter((name) => name.endsWith(ending));

describe('the examples', () => {
  it.each(names('.federation.yaml'))('hold a valid federation in %s', (name) => {
    expect(parseAndValidate('Federation', text(name), name).id).not.toBe('');
  });

  it.each(readdirSync(join(EXAMPLES, 'federations')))('hold a valid federation in federations/%s', (name) => {
    expect(parseAndValidate('Federation', text(join('federations', name)), name).id).not.toBe('');
  });

  it.each(names('.trainer.yaml'))('hold a valid trainer file in %s', (name) => {
    expect(parseAndValidate('TrainerFile', text(name), name).participants.length).toBeGreaterThan(0);
  });

  it.each(names('.line.yaml'))('hold a valid line file in %s', (name) => {
    expect(Object.keys(parseAndValidate('OpcuaSource', text(name), name).signals)).not.toEqual([]);
  });

  it('name in the trainer file every signal that the federation needs', () => {
    const federation = parseAndValidate('Federation', text('vibration.federation.yaml'), 'federation');
    const trainer = parseAndValidate('TrainerFile', text('press-hall.trainer.yaml'), 'trainer');
    const needed = Object.values(federation.profile.signals).flat();
    const opcua = trainer.participants[0]?.source.opcua;
    expect(Object.keys(opcua?.signals ?? {})).toEqual(expect.arrayContaining(needed));
  });
});

describe('paths of a trainer file', () => {
  it('are relative to the file, and secrets in the environment stay as they are', () => {
    const trainer = parseAndValidate(
      'TrainerFile',
      [
        'aggregator: http://127.0.0.1:8600',
        'token: { environment: TOKEN }',
        'queue: { redis: "redis://127.0.0.1:1", passwordFile: secrets/redis }',
        'pool: { id: hall }',
        'participants:',
        '  - { id: a, source: { folder: { path: ../recordings } } }',
        '  - { id: b, source: { opcua: { endpoint: "opc.tcp://b:1", signals: { v: { node: i=1 } },',
        '      user: { name: u, password: { file: b.password } } } } }',
      ].join('\n'),
      'file',
    );

    const absolute = withAbsolutePaths(trainer, '/plant/files/hall.yaml');

    expect(absolute.token).toEqual({ environment: 'TOKEN' });
    expect(absolute.queue?.passwordFile).toBe('/plant/files/secrets/redis');
    expect(absolute.participants[0]?.source.folder?.path).toBe('/plant/recordings');
    expect(absolute.participants[1]?.source.opcua?.user?.password).toEqual({
      file: '/plant/files/b.password',
    });
  });
});
