import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
    expect(stderr).toContain('docs/errors.md#e_invalid_input');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('names the faults as JSON if asked', async () => {
    const trainer = file('unknown.trainer.yaml', 'aggregator: http://127.0.0.1:8600\nbrokers: 3\n');
    const { exitCode, stderr } = await runFedshell(['trainer', trainer, '--json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({
      code: 'E_INVALID_INPUT',
      remedy: 'docs/errors.md#e_invalid_input',
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

describe('an aggregator that does not answer', () => {
  it('is one sentence with a code and exit 1', async () => {
    const { exitCode, stdout, stderr } = await runFedshell(['run', 'list'], {
      FEDSHELL_AGGREGATOR: 'http://127.0.0.1:9',
    });
    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      'E_UNREACHABLE: the aggregator at http://127.0.0.1:9 does not answer\n  What to do: docs/errors.md#e_unreachable\n',
    );
  });
});
