import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FEDSHELL, runFedshell } from '../support/run-fedshell.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedshell-plant-'));
const state = join(folder, 'state');
const EXAMPLE = join(__dirname, '..', '..', 'examples', 'vibration.federation.yaml');

let plant: ChildProcess;
let api: string;

/** Runs a command against the plant of this test. */
const fedshell = (...args: string[]) => runFedshell(args, { FEDSHELL_AGGREGATOR: api });

beforeAll(async () => {
  const args = [FEDSHELL, 'up', '--port', '0', '--aas-port', '0', '--state', state, '--json'];
  plant = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(plant.stdout!, 'data');
  ({ api } = JSON.parse(String(line)));
});

afterAll(async () => {
  plant.kill('SIGTERM');
  if (plant.exitCode === null) await once(plant, 'exit');
  rmSync(folder, { recursive: true, force: true });
});

/** The example with one line of it changed. */
function changedExample(name: string, from: RegExp, to: string): string {
  const file = join(folder, name);
  writeFileSync(file, readFileSync(EXAMPLE, 'utf8').replace(from, to));
  return file;
}

describe('a plant of one’s own', () => {
  it('creates a federation, puts the join token into a private file and shows the federation', async () => {
    const tokenFile = join(folder, 'join.token');

    const created = await fedshell('federation', 'create', EXAMPLE, '--token-file', tokenFile, '--json');

    expect(created).toMatchObject({ exitCode: 0, stderr: '' });
    expect(readFileSync(tokenFile, 'utf8').trim()).not.toBe('');
    expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
    expect(created.stdout).not.toContain(readFileSync(tokenFile, 'utf8').trim());
    const shown = await fedshell('federation', 'show', 'vibration', '--json');
    expect(JSON.parse(shown.stdout)).toMatchObject({
      federation: { id: 'vibration', rounds: 6 },
      version: null,
    });
    const listed = await fedshell('federation', 'list');
    expect(listed.stdout).toMatch(/^federation .*\nvibration +dense +fed-avg/);
    const token = await fedshell('federation', 'token', 'vibration', '--json');
    expect(JSON.parse(token.stdout).joinToken).not.toBe(readFileSync(tokenFile, 'utf8').trim());
  });

  it('lists the known strategies and models where a federation names another one', async () => {
    const strategy = changedExample('s.yaml', /strategy: .*/, 'strategy: { key: fed-guess }');
    const model = changedExample('m.yaml', /model: .*/, 'model: { key: oracle }');

    const [unknownStrategy, unknownModel] = await Promise.all([
      fedshell('federation', 'create', strategy),
      fedshell('federation', 'create', model),
    ]);

    expect(unknownStrategy.exitCode).toBe(2);
    expect(unknownStrategy.stderr).toMatch(/^E_UNKNOWN_STRATEGY: .*fed-guess.*fed-avg/);
    expect(unknownModel.exitCode).toBe(2);
    expect(unknownModel.stderr).toMatch(/^E_UNKNOWN_MODEL: .*oracle.*dense/);
  });

  it('starts, shows and steers a run that waits for participants', async () => {
    const started = await fedshell('run', 'start', 'vibration', '--rounds', '2', '--seed', '9', '--json');
    const { id } = JSON.parse(started.stdout);

    const shown = await fedshell('run', 'show', id, '--json');
    const paused = await fedshell('run', 'pause', id, '--json');
    const resumed = await fedshell('run', 'resume', id, '--json');
    const stopped = await fedshell('run', 'stop', id);

    expect(JSON.parse(shown.stdout)).toMatchObject({ id, totalRounds: 2, seed: 9 });
    expect(JSON.parse(paused.stdout).state).toBe('paused');
    expect(JSON.parse(resumed.stdout).state).not.toBe('paused');
    expect(stopped).toMatchObject({ exitCode: 0, stdout: `run ${id} is stopped\n` });
    const watched = await fedshell('run', 'watch', id);
    expect(watched.stdout).toContain(`run ${id}: stopped`);
  });

  it('says what does not exist', async () => {
    const [model, participant] = await Promise.all([
      fedshell('model', 'get', 'vibration', '-o', join(folder, 'model')),
      fedshell('participant', 'remove', 'nobody'),
    ]);
    expect(model).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('E_NOT_FOUND') });
    expect(participant).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('E_NOT_FOUND') });
    expect(existsSync(join(folder, 'model'))).toBe(false);
  });

  it('has one owner, and its state is not one of a demo', async () => {
    const second = await fedshell('up', '--port', '0', '--aas-port', '0', '--state', state);
    expect(second).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('E_STATE_IN_USE') });
    plant.kill('SIGTERM');
    await once(plant, 'exit');
    const demo = await fedshell('demo', '--once', '--state', state);
    expect(demo).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('E_STATE_MISMATCH') });
  });
});
