import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFedshell } from '../support/run-fedshell.ts';

const FEDERATION = join(__dirname, '..', '..', 'examples', 'federations', 'unlike-machines.yaml');

describe('fedshell simulate FEDERATION', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-simulate-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const simulate = (...options: string[]) =>
    runFedshell(['simulate', FEDERATION, '--participants', '4', '--slots', '1', ...options]);

  it('prints a JSON line a round, keeps them, and goes on where they end', async () => {
    const output = join(folder, 'kept');

    const first = await simulate('--rounds', '2', '--output', output, '--json');
    const again = await simulate('--rounds', '3', '--output', output, '--json');
    const resumed = await simulate('--rounds', '3', '--output', output, '--json', '--resume');

    expect(first.exitCode).toBe(0);
    const lines = first.stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).round)).toEqual([0, 1, 2]);
    expect(again.exitCode).not.toBe(0);
    expect(again.stderr).toContain('--resume');
    expect(
      resumed.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).round),
    ).toEqual([3]);
    expect(readFileSync(join(output, 'rounds.jsonl'), 'utf8').trim().split('\n')).toHaveLength(4);
  });

  it('prints a table for people', async () => {
    const { stdout, exitCode } = await simulate('--rounds', '1');

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/round +cohort +count/);
    expect(stdout).toMatch(/main +1 +[0-9a-f]{64}/);
  });
});
