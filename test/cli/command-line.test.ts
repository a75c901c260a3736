import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '../../cli/program.ts';
import { runFedshell } from '../support/run-fedshell.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedshell-command-line-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** Every command with the words that call it. */
function allCommands(
  command: Command,
  words: readonly string[] = [],
): { words: readonly string[]; command: Command }[] {
  return [
    { words, command },
    ...command.commands.flatMap((child) => allCommands(child, [...words, child.name()])),
  ];
}

describe('fedshell --help', () => {
  it('knows every command that the documentation names', () => {
    const names = allCommands(createProgram()).map(({ words }) => words.join(' '));
    expect(names).toEqual(
      expect.arrayContaining([
        'demo',
        'up',
        'trainer',
        'federation create',
        'federation list',
        'federation show',
        'federation token',
        'participant list',
        'participant remove',
        'run start',
        'run list',
        'run show',
        'run watch',
        'run pause',
        'run resume',
        'run stop',
        'model list',
        'model get',
        'model evaluate',
        'simulate',
        'doctor',
      ]),
    );
  });

  it('describes every option of every command, and every command that does something answers with JSON if asked', () => {
    for (const { words, command } of allCommands(createProgram())) {
      const help = command.helpInformation();
      for (const option of command.options) {
        expect([words.join(' '), help]).toEqual([words.join(' '), expect.stringContaining(option.flags)]);
        expect(option.description).not.toBe('');
      }
      if (command.commands.length === 0) expect(command.options.map(({ long }) => long)).toContain('--json');
    }
  });

  it.each(['', 'demo', 'run start', 'model evaluate'])(
    'exits 0 and prints the options of "%s"',
    async (words) => {
      const { exitCode, stdout, stderr } = await runFedshell([...words.split(' ').filter(Boolean), '--help']);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toContain('Usage: fedshell');
      expect(stdout).toContain('--help');
    },
  );
});

describe('bad input', () => {
  it.each([
    [['demo', '--rounds', 'six'], "'--rounds <number>' argument 'six' is invalid"],
    [['demo', '--seeds', '1'], "unknown option '--seeds'"],
    [['federate'], "unknown command 'federate'"],
    [['trainer'], "missing required argument 'file'"],
    [['model', 'get', 'line'], "required option '-o, --output <file>' not specified"],
  ])('exits 2 for %j', async (args, message) => {
    const { exitCode, stdout, stderr } = await runFedshell(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
  });

  it('names every fault of a trainer file with its path and line', async () => {
    const trainer = file(
      'faulty.trainer.yaml',
      [
        'aggregator: ftp://127.0.0.1',
        'pool: { id: hall-3, slot: 2 }',
        'participants:',
        '  - id: press 1',
        '    source:',
        '      opcua:',
        '        endpoint: opc.tcp://press-1:4840',
        '        queueSize: many',
        '        signals: {}',
      ].join('\n'),
    );
    const { exitCode, stderr } = await runFedshell(['trainer', trainer]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`E_INVALID_INPUT: ${trainer} has 5 faults`);
    expect(stderr).toMatch(/line 1: \/aggregator: /);
    expect(stderr).toMatch(/line 2: \/pool\/slot: unknown key/);
    expect(stderr).toMatch(/line 4: \/participants\/0\/id: /);
    expect(stderr).toMatch(/line 8: \/participants\/0\/source\/opcua\/queueSize: /);
    expect(stderr).toMatch(/line 9: \/participants\/0\/source\/opcua\/signals: /);
    expect(stderr).toContain('What to do: Mend every fault listed; each has its path');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('names the faults as JSON if asked', async () => {
    const trainer = file('unknown.trainer.yaml', 'aggregator: http://127.0.0.1:8600\nbrokers: 3\n');
    const { exitCode, stderr } = await runFedshell(['trainer', trainer, '--json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({
      code: 'E_INVALID_INPUT',
      remedy: expect.stringMatching(/^Mend every fault listed.*line\.$/),
      faults: expect.arrayContaining([{ path: '/brokers', line: 2, message: 'unknown key' }]),
    });
  });

  it('says which file is not there', async () => {
    const { exitCode, stderr } = await runFedshell(['trainer', join(folder, 'none.yaml')]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('E_FILE_NOT_FOUND');
    expect(stderr).toContain('none.yaml');
  });

  it('says that a folder of recordings has no manifest before it starts anything', async () => {
    const state = join(folder, 'state');
    const { exitCode, stderr } = await runFedshell(['demo', '--once', '--data', folder, '--state', state]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('E_NO_MANIFEST');
  });
});

describe('recordings that nothing can be learned from', () => {
  const demo = (name: string, rows: readonly string[], ...options: string[]) => {
    const data = join(folder, name);
    mkdirSync(data);
    const lines = ['file,client,label,split', ...rows];
    writeFileSync(join(data, 'manifest.csv'), lines.join('\n'));
    for (const row of rows) writeFileSync(join(data, row.split(',')[0] ?? ''), '1\n');
    const state = join(data, 'state');
    return runFedshell(['demo', '--once', '--data', data, '--state', state, ...options]);
  };

  it('are refused before anything starts if all of them have one label', async () => {
    const { exitCode, stderr } = await demo('one', ['a.csv,1,healthy,train', 'b.csv,2,healthy,test2']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^E_INVALID_MANIFEST: /);
    expect(stderr).toContain('label: every row is "healthy"');
    expect(existsSync(join(folder, 'one', 'state'))).toBe(false);
  });

  it('are refused if a participant has test rows alone, which are named', async () => {
    const rows = ['a.csv,left,healthy,train', 'b.csv,left,worn,test', 'c.csv,right,worn,test'];
    const { exitCode, stderr } = await demo('test', rows);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^E_INVALID_MANIFEST: /);
    expect(stderr).toContain('line 4: split: none of the 1 rows of client "right" is for training');
    expect(stderr).not.toContain('"left"');
    expect(existsSync(join(folder, 'test', 'state'))).toBe(false);
  });
});

describe('a server for others', () => {
  it.each([['0.0.0.0'], ['::'], ['192.0.2.7']])(
    'is refused on %s without the URLs under which they reach it',
    async (host) => {
      const state = join(folder, 'others');
      const token = file('api.token', 'a-token-of-enough-characters');
      const args = [
        'up',
        '--host',
        host,
        '--api-token-file',
        token,
        '--external-url',
        'http://plant.example',
      ];
      const { exitCode, stdout, stderr } = await runFedshell([...args, '--state', state]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/^E_INVALID_INPUT: .*--external-url and --aas-external-url/);
      expect(existsSync(state)).toBe(false);
    },
  );
});

describe('an aggregator that does not answer', () => {
  it('is one sentence with a code and exit 1', async () => {
    const { exitCode, stdout, stderr } = await runFedshell(['run', 'list'], {
      FEDSHELL_AGGREGATOR: 'http://127.0.0.1:9',
    });
    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      'E_UNREACHABLE: the aggregator at http://127.0.0.1:9 does not answer\n  What to do: Check that it runs and its address.\n',
    );
  });
});
