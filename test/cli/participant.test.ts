import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { participantShell } from '../../aas/submodels/shells.ts';
import { readOutsideAas } from '../../cli/plant/read-outside-aas.ts';
import { packageRoot } from '../../runtime/package-root.ts';
import { type RunningEnvironment, runEnvironment } from '../aas/running-environment.ts';
import { Stage } from '../services/aggregator/support/stage.ts';
import { eventually } from '../support/eventually.ts';
import { runFedshell } from '../support/run-fedshell.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedshell-participant-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('fedshell participant', () => {
  let registry: RunningEnvironment;
  let stage: Stage;
  beforeAll(async () => {
    registry = await runEnvironment();
    await registry.environment.apply({
      shells: [participantShell({ id: 'urn:site:press-9', participant: 'press-9', submodelIds: [] })],
    });
    const lookup = { id: 'plant', registry: { url: registry.server.url }, everyMs: 200 };
    stage = await Stage.open({ outside: { lookups: [lookup] } });
    await stage.create('press-shop');
    await eventually(async () => (await stage.aggregator.get('/api/proposals')).body.length === 1);
  });
  afterAll(async () => {
    await stage.close();
    await registry.stop();
  });

  it('lists what registries propose beside those that take part', async () => {
    const { stdout } = await runFedshell(['participant', 'list', '--aggregator', stage.aggregator.url]);

    expect(stdout).toMatch(/press-9\s+-\s+proposed/);
    expect(stdout).toContain('found by plant');
  });

  it('approves one and keeps the join token in a file', async () => {
    const file = join(folder, 'join.token');
    const options = ['--federation', 'press-shop', '--token-file', file];

    const { stdout, exitCode } = await runFedshell([
      ...['participant', 'approve', 'press-9', '--aggregator', stage.aggregator.url],
      ...options,
    ]);

    expect([exitCode, stdout]).toEqual([
      0,
      `participant press-9 is approved; the join token is in ${file}\n`,
    ]);
    expect(readFileSync(file, 'utf8')).toMatch(/^[0-9a-z-]+\.[\w-]{43}\n$/);
  });

  it('says that nobody is proposed under another id', async () => {
    const { stderr, exitCode } = await runFedshell([
      ...['participant', 'approve', 'nobody', '--aggregator', stage.aggregator.url],
    ]);

    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('E_NOT_FOUND');
  });
});

describe('the file of --aas-target', () => {
  it('is taken as the example shows it', async () => {
    const outside = await readOutsideAas(join(packageRoot(), 'examples', 'outside-aas.yaml'));

    expect(outside?.targets?.map(({ id }) => id)).toEqual(['plant-basyx']);
    expect(outside?.lookups?.[0]).toMatchObject({ id: 'company', everyMs: 60_000 });
  });

  it('names files relative to its own folder', async () => {
    const file = join(folder, 'outside.yaml');
    writeFileSync(
      file,
      'targets: [{ id: a, aasRegistry: { url: "http://127.0.0.1:1", token: { file: registry.token } } }]',
    );

    const outside = await readOutsideAas(file);

    expect(outside?.targets?.[0]?.aasRegistry?.token).toEqual({ file: join(folder, 'registry.token') });
  });

  it('is refused with every fault and its line', async () => {
    const file = join(folder, 'wrong.yaml');
    writeFileSync(file, 'embedded: some\ntargets:\n  - id: a\n    repository: { url: "ftp://x" }\n');

    await expect(readOutsideAas(file)).rejects.toMatchObject({
      code: 'E_INVALID_INPUT',
      faults: [
        expect.objectContaining({ path: '/embedded', line: 1 }),
        expect.objectContaining({ path: '/targets/0/repository/url', line: 4 }),
      ],
    });
  });
});
