import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import type { JsonObject } from '../../aas/model.ts';
import { ENVIRONMENT, fixturePackage, SHELL_ID, SUBMODEL_ID, sendForm } from '../aas/packages/serving.ts';
import { Workplace } from '../aas/packages/zip-of.ts';
import { type RunningEnvironment, runEnvironment } from '../aas/running-environment.ts';
import { FURTHER_SUBMODELS, SHELLS, SUBMODELS } from '../aas/sample-publication.ts';
import { describePeer } from './peer.ts';

const PROFILES = [
  'AssetAdministrationShellRepositoryServiceSpecification/SSP-002',
  'SubmodelRepositoryServiceSpecification/SSP-002',
  'AssetAdministrationShellServiceSpecification/SSP-002',
  'SubmodelServiceSpecification/SSP-002',
];

/** What the tool warns of although nothing is amiss, and why. A warning that is not here fails the test. */
const EXPECTED_WARNINGS: readonly { readonly pattern: RegExp; readonly reason: string }[] = [];

/** A finding of the tool with those that it consists of. */
interface Result {
  readonly m: string;
  /** 0 information, 1 warning, 2 error, 3 critical. */
  readonly l: number;
  readonly s: readonly Result[];
}

/** The innermost findings of a level or worse, each with the findings around it. */
function findings({ m, l, s }: Result, level: number, around: readonly string[] = []): string[] {
  if (l < level) return [];
  const path = [...around, m];
  const inside = s.flatMap((each) => findings(each, level, path));
  return inside.length > 0 ? inside : [path.join(' > ')];
}

/** The pump of the fixtures, whose submodel has every kind of element, with all of them once more one level deeper. */
function nestedPump() {
  const [every, ...others] = ENVIRONMENT.submodels as readonly JsonObject[];
  const elements = every!['submodelElements'] as readonly JsonObject[];
  const nested = { modelType: 'SubmodelElementCollection', idShort: 'Nested', value: elements };
  return { ...ENVIRONMENT, submodels: [{ ...every, submodelElements: [...elements, nested] }, ...others] };
}

async function check(python: string, url: string, profile: string) {
  const suite = `https://admin-shell.io/aas/API/3/0/${profile}`;
  const child = spawn(python, ['-m', 'aas_test_engines', 'check_server', url, suite, '--output', 'json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (!stdout.startsWith('{')) throw new Error(`aas_test_engines ended with ${child.exitCode}: ${stderr}`);
  return { exitCode: child.exitCode, result: JSON.parse(stdout) as Result };
}

describePeer<{ python: string }>('aas_test_engines 1.0.2', 'FEDSHELL_INTEROP_TEST_ENGINES', ({ python }) => {
  const workplace = new Workplace();
  let ours: RunningEnvironment;
  beforeAll(async () => {
    ours = await runEnvironment({ single: { shell: SHELL_ID, submodel: SUBMODEL_ID } });
    // The tool looks at the first shell and its first submodel.
    const pump = await sendForm(ours, 'POST', '/upload', await fixturePackage(workplace, nestedPump()));
    const submodels = [...SUBMODELS, ...Object.values(FURTHER_SUBMODELS)];
    const put = (collection: string, object: { readonly id: string }) =>
      ours.call('PUT', `/${collection}/${encodeIdentifier(object.id)}`, object);
    const answers = [
      pump,
      ...(await Promise.all(submodels.map((submodel) => put('submodels', submodel)))),
      ...(await Promise.all(SHELLS.map((shell) => put('shells', shell)))),
    ];
    expect(answers.filter(({ status }) => status >= 300).map(({ body }) => body)).toEqual([]);
  });
  afterAll(async () => {
    await ours.stop();
    workplace.remove();
  });

  it.each(PROFILES)('finds nothing wrong with %s', async (profile) => {
    const { exitCode, result } = await check(python, `${ours.server.url}/api/v3.0`, profile);

    const warnings = findings(result, 1);
    expect(findings(result, 2)).toEqual([]);
    expect(warnings.filter((each) => !EXPECTED_WARNINGS.some(({ pattern }) => pattern.test(each)))).toEqual(
      [],
    );
    expect(exitCode).toBe(0);
    expect(result.s.length).toBeGreaterThan(0);
  });
});
