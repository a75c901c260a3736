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

interface Known {
  readonly pattern: RegExp;
  readonly reason: string;
}

/** What both versions of the tool warn of although nothing is amiss. All else fails the test. */
const WARNINGS: readonly Known[] = [
  {
    pattern:
      /GetAllSubmodelElements-Reference .* Cannot check pagination, there must be at least 2 entities$/s,
    reason: 'this suite of the tool reads no first page, and so has no cursor for a second one',
  },
  {
    pattern: /dataSpecification\/keys\[0\] has unexpected value \S+Iec61360\/3\/0, expected \S+Iec61360\/3 /,
    reason: 'the id that the published submodel templates write, and the fixture with them',
  },
];

/** What 1.0.2 finds: it reads the member `messages` of IDTA-01002's Result as `Messages`, which 1.0.3 mended. */
const SPELLING: readonly Known[] = [
  {
    pattern: /> Check meta model > Unknown additional attribute messages @ \/$/,
    reason: 'the spelling',
  },
  {
    pattern: /> Check > Skipped checking of constraints$/,
    reason: 'follows from it',
  },
];

const VERSIONS = [
  { version: '1.0.2', variable: 'FEDSHELL_INTEROP_TEST_ENGINES_1_0_2', known: [...WARNINGS, ...SPELLING] },
  { version: '1.0.3', variable: 'FEDSHELL_INTEROP_TEST_ENGINES_1_0_3', known: WARNINGS },
];

const WARNING = 1;

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
  // This suite looks for the shell itself at the base URL, and for all else below `/aas`.
  const isShell = profile.startsWith('AssetAdministrationShellService');
  const place = isShell ? [`${url}/aas`, suite, '--remove-path-prefix', '/aas'] : [url, suite];
  const child = spawn(python, ['-m', 'aas_test_engines', 'check_server', ...place, '--output', 'json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (!stdout.startsWith('{')) throw new Error(`aas_test_engines ended with ${child.exitCode}: ${stderr}`);
  return { exitCode: child.exitCode, result: JSON.parse(stdout) as Result };
}

describe.each(VERSIONS)('aas_test_engines', ({ version, variable, known }) => {
  describePeer<{ python: string }>(version, variable, ({ python }) => {
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

    it.each(PROFILES)('finds nothing in %s that has no reason', async (profile) => {
      const { exitCode, result } = await check(python, `${ours.server.url}/api/v3.0`, profile);

      const found = findings(result, WARNING);
      const explained = known.filter(({ pattern }) => found.some((each) => pattern.test(each)));
      for (const { pattern, reason } of explained) {
        const count = found.filter((each) => pattern.test(each)).length;
        process.stderr.write(
          `aas_test_engines ${version}, ${profile}: ${count} times ${pattern}: ${reason}\n`,
        );
      }
      expect(found.filter((each) => !known.some(({ pattern }) => pattern.test(each)))).toEqual([]);
      expect(exitCode).toBe(known === WARNINGS ? 0 : 1);
      // It asked something, in each of its groups.
      expect(result.s.length).toBeGreaterThan(10);
    });
  });
});
