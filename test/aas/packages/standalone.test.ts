import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runFedshell } from '../../support/run-fedshell.ts';
import { StartedFedshell } from '../../support/started-fedshell.ts';
import { fixturePackage, JSON_TEXT, SHELL_ID } from './serving.ts';
import { Workplace } from './zip-of.ts';

interface Answer {
  readonly aas: string;
  readonly state: string;
  readonly loaded: readonly { readonly file: string; readonly summary?: { readonly shells: number } }[];
}

describe('fedshell aas', () => {
  const workplace = new Workplace();
  const started: StartedFedshell[] = [];

  afterEach(async () => {
    await Promise.all(started.splice(0).map((process) => process.end()));
  });
  afterAll(() => workplace.remove());

  const start = async (...options: string[]): Promise<Answer> => {
    const process = new StartedFedshell(['aas', '--port', '0', '--json', ...options]);
    started.push(process);
    return process.answer<Answer>();
  };
  const state = (name: string) => join(workplace.folder, name);
  const shells = async (url: string, headers = {}) => fetch(`${url}/shells`, { headers });

  it('serves what it loads, and the same without loading it again', async () => {
    const file = workplace.file(await fixturePackage(workplace), 'pump.aasx');

    const first = await start('--state', state('plant'), '--load', file);
    const { result } = (await (await shells(first.aas)).json()) as { result: { id: string }[] };
    await started.pop()?.end();
    const second = await start('--state', state('plant'), '--load', file);

    expect(result.map(({ id }) => id)).toEqual([SHELL_ID]);
    expect(first.loaded).toMatchObject([{ file, summary: { shells: 1 } }]);
    expect(second.loaded).toEqual([{ file }]);
    expect((await shells(second.aas)).status).toBe(200);
  });

  it('owns its state folder, demands the token that is set, and lets the pages call that it is told of', async () => {
    const token = workplace.file('secret\n');
    const { aas } = await start(
      '--state',
      state('owned'),
      '--api-token-file',
      token,
      '--origin',
      'https://ui.example',
    );

    const second = await runFedshell(['aas', '--port', '0', '--state', state('owned')]);

    expect(second.exitCode).toBe(1);
    expect(second.stderr).toContain('E_STATE_IN_USE');
    expect((await shells(aas)).status).toBe(401);
    const answer = await shells(aas, { authorization: 'Bearer secret', origin: 'https://ui.example' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://ui.example');
  });

  it.each([
    ['a file that is not there', ['--load', '/nowhere/plant.aasx'], 'E_FILE_NOT_FOUND'],
    ['an address of others without a token', ['--host', '0.0.0.0'], 'E_HOST_WITHOUT_TOKEN'],
    ['pages of all origins without a token', ['--origin', '*'], 'E_INVALID_INPUT'],
    ['another validation', ['--validation', 'maybe'], 'strict'],
  ])('refuses %s', async (_what, options, expected) => {
    const { exitCode, stderr } = await runFedshell([
      'aas',
      '--port',
      '0',
      '--state',
      state('refused'),
      ...options,
    ]);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(expected);
  });

  it('refuses what breaks rules where validation is strict, and names the file and the path', async () => {
    const environment = JSON.parse(JSON_TEXT);
    delete environment.submodels[0].submodelElements[0].semanticId;
    const file = workplace.file(JSON.stringify(environment), 'broken.json');

    const strict = ['--state', state('strict'), '--validation', 'strict'];
    const { exitCode, stderr } = await runFedshell(['aas', '--port', '0', '--load', file, ...strict]);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      `${file}: Environment: /submodels/0/submodelElements/0: supplementalSemanticIds need`,
    );
  });
});

describe('fedshell aas check', () => {
  const workplace = new Workplace();
  afterAll(() => workplace.remove());

  const broken = (): string => {
    const environment = JSON.parse(JSON_TEXT);
    delete environment.submodels[0].submodelElements[0].semanticId;
    environment.submodels[0].submodelElements[3].value = '/aasx/files/missing.pdf';
    return JSON.stringify(environment);
  };

  it('finds nothing in a sound file, with exit code 0', async () => {
    const { exitCode, stdout } = await runFedshell(['aas', 'check', workplace.file(JSON_TEXT)]);

    expect([exitCode, stdout]).toEqual([0, '0 errors, 0 warnings\n']);
  });

  it('lists what is against the metamodel with file and path, with exit code 1', async () => {
    const file = workplace.file(broken());

    const { exitCode, stdout, stderr } = await runFedshell(['aas', 'check', file]);

    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      `error    ${file} /submodels/0/submodelElements/0: supplementalSemanticIds need a semanticId (AASd-118)`,
    );
    expect(stderr).toContain('E_AAS_FINDINGS');
  });

  it('lists what keeps a file from being loaded, with its line', async () => {
    const file = workplace.file(
      '<environment xmlns="https://admin-shell.io/aas/3/1">\n<thing/>\n</environment>',
    );

    const { exitCode, stdout } = await runFedshell(['aas', 'check', file]);

    expect(exitCode).toBe(1);
    expect(stdout).toContain(`${file}:2 /thing: the metamodel has no element thing here (structure)`);
  });

  it('names the files that a package lacks', async () => {
    const file = workplace.file(await fixturePackage(workplace, JSON.parse(broken())), 'broken.aasx');

    const { stdout } = await runFedshell(['aas', 'check', '--json', file]);

    const { ok, findings } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(findings.map(({ rule }: { rule: string }) => rule)).toEqual(['AASd-118', 'missing-file']);
  });

  it('lists what a state holds while its environment runs', async () => {
    const state = join(workplace.folder, 'state');
    const file = join(workplace.folder, 'load.json');
    writeFileSync(file, broken());
    const running = new StartedFedshell(['aas', '--port', '0', '--json', '--state', state, '--load', file]);
    await running.answer();

    const { exitCode, stdout } = await runFedshell(['aas', 'check', '--state', state]);

    await running.end();
    expect(exitCode).toBe(1);
    expect(stdout).toContain('urn:example:pump:submodel:every-element /submodelElements/0');
  });

  it('says so where there is no state', async () => {
    const { exitCode, stderr } = await runFedshell([
      'aas',
      'check',
      '--state',
      join(workplace.folder, 'none'),
    ]);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('there is no AAS environment');
  });
});
