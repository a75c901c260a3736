import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLineFile, readTrainerFile } from '../openapi/read-trainer-file.ts';
import { validate } from '../openapi/validate.ts';
import { CodedError } from '../runtime/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedshell-trainer-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

async function faultsOf(work: Promise<unknown>): Promise<CodedError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof CodedError) return thrown;
  throw new Error('nothing was refused');
}

const TRAINER = (participants: string) =>
  `aggregator: http://127.0.0.1:8600\npool: { id: hall }\nparticipants:\n${participants}`;

describe('a trainer file that names a line file', () => {
  it('has the content of the line file as its source, with the paths and files of both', async () => {
    const line = write(
      'press.line.yaml',
      'endpoint: opc.tcp://press:1\nuser: { name: u, password: { file: secret } }\nsignals: { v: { path: /nsu=urn:p;A/nsu=urn:p;B } }',
    );
    const file = write('hall.yaml', TRAINER('  - { id: press, source: { line: press.line.yaml } }'));

    const { trainer, files } = await readTrainerFile(file);

    expect(files).toEqual([file, line]);
    expect(trainer.participants[0]?.source).toEqual({
      opcua: expect.objectContaining({
        endpoint: 'opc.tcp://press:1',
        bridgeSeconds: 30,
        user: { name: 'u', password: { file: join(folder, 'secret') } },
      }),
    });
  });

  it('is refused with every fault of every line file, and where it stands', async () => {
    write('a.line.yaml', 'endpoint: opc.tcp://a:1\nsignals:\n  v: { node: nonsense }');
    write('b.line.yaml', 'endpoint: http://b\nsignals:\n  v: { node: i=1 }');
    const file = write(
      'two.yaml',
      TRAINER('  - { id: a, source: { line: a.line.yaml } }\n  - { id: b, source: { line: b.line.yaml } }'),
    );

    const { code, faults } = await faultsOf(readTrainerFile(file));

    expect(code).toBe('E_INVALID_INPUT');
    expect(faults.map(({ path, line }) => [path, line])).toEqual([
      ['/signals/v/node', 3],
      ['/endpoint', 1],
    ]);
  });

  it('is refused where the line file is not there', async () => {
    const file = write('lost.yaml', TRAINER('  - { id: a, source: { line: lost.line.yaml } }'));
    expect((await faultsOf(readTrainerFile(file))).code).toBe('E_FILE_NOT_FOUND');
  });
});

describe('a line file', () => {
  const faultPaths = (signal: object, more: object = {}) => {
    try {
      validate('OpcuaSource', { endpoint: 'opc.tcp://p:1', signals: { s: signal }, ...more }, 'the line');
      return [];
    } catch (thrown) {
      return thrown instanceof CodedError ? thrown.faults.map(({ path }) => path) : [String(thrown)];
    }
  };

  it.each([
    [{}, ['/signals/s']],
    [{ node: 'i=1', path: '/A' }, ['/signals/s']],
    [{ node: 'Wave' }, ['/signals/s/node']],
    [{ path: 'A/B' }, ['/signals/s/path']],
    [{ node: 'i=1', kind: 'periodic' }, ['/signals/s/rateHz']],
    [{ node: 'i=1', kind: 'polled' }, ['/signals/s/rateHz']],
    [{ node: 'i=1', kind: 'polled', rateHz: 1, maxAgeMs: 5 }, ['/signals/s/maxAgeMs']],
    [{ node: 'i=1', group: 'slow' }, ['/signals/s/group']],
    [{ capture: { object: 'i=1', method: 'i=2' } }, ['/signals/s/capture']],
    [{ capture: { object: 'i=1', method: 'i=2', trigger: 'other' } }, ['/signals/s/capture/trigger']],
    [{ capture: { object: 'here', method: '/A' }, rateHz: 1 }, ['/signals/s/capture/object']],
    [{ event: { type: '/Alarm' } }, ['/signals/s/event/type']],
    [{ event: {}, indexRange: '0:3' }, ['/signals/s/indexRange']],
  ])('with the signal %j is refused at %j', (signal, expected) => {
    expect(faultPaths(signal)).toEqual(expected);
  });

  it.each([
    [{ node: 'nsu=urn:p;s=Wave', kind: 'periodic', rateHz: 10 }],
    [{ path: '/nsu=http://p.example/UA/;Press 1/Name&/With slash' }],
    [{ capture: { object: '/A', method: 'i=2' }, rateHz: 1 }],
    [{ event: {} }],
    [{ node: 'i=1', indexRange: '0:3' }],
  ])('with the signal %j is taken', (signal) => {
    expect(faultPaths(signal)).toEqual([]);
  });

  it('may not ask for less bridging than it calls degraded', () => {
    const bridge = { bridgeSeconds: 2, minimumBridgeSeconds: 3 };
    expect(faultPaths({ node: 'i=1' }, bridge)).toEqual(['/minimumBridgeSeconds']);
  });

  it('has paths relative to itself', async () => {
    const file = write(
      'own.line.yaml',
      'endpoint: opc.tcp://p:1\nuser: { name: u, password: { file: p } }\nsignals: { v: { node: i=1 } }',
    );
    expect((await readLineFile(file)).user?.password).toEqual({ file: join(folder, 'p') });
  });
});
