import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { RouteFinder } from '../../../aas/server/http/route-finder.ts';
import { serviceTables } from '../../../aas/server/routes/service-tables.ts';
import { AasStorage } from '../../../aas/server/storage/aas-storage.ts';
import { packageRoot } from '../../../runtime/package-root.ts';
import { type RunningEnvironment, runEnvironment } from '../running-environment.ts';
import { OPERATIONS } from './operations.ts';
import { sampleOperations } from './sample.ts';

interface PathItem {
  readonly $ref?: string;
  readonly parameters?: readonly { readonly $ref: string }[];
  readonly [method: string]: unknown;
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete'];
const document = parse(readFileSync(join(packageRoot(), 'openapi', 'aas.yaml'), 'utf8')) as {
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: { readonly pathItems: Readonly<Record<string, PathItem>> };
};

/** Path and method of all that the description has. */
function described(): readonly string[] {
  return Object.entries(document.paths).flatMap(([path, item]) => {
    const shared =
      item.$ref === undefined ? {} : document.components.pathItems[item.$ref.split('/').at(-1) ?? ''];
    return Object.keys({ ...shared, ...item })
      .filter((key) => METHODS.includes(key))
      .map((method) => `${method.toUpperCase()} ${path}`);
  });
}

let running: RunningEnvironment;
let served: readonly string[];
beforeAll(async () => {
  running = await runEnvironment();
  const storage = await AasStorage.open(`${running.folder}/tables`);
  const tables = serviceTables({
    storage,
    limits: { defaultPageSize: 1, maximumPageSize: 1 },
    attachmentLimitBytes: 1,
    operations: sampleOperations(),
    single: { shell: 'urn:s', submodel: 'urn:m' },
  });
  const finder = new RouteFinder(tables);
  served = finder.patterns().flatMap((pattern) => {
    const handlers = Object.keys(finder.find(pattern)?.handlers ?? {});
    const path = pattern.replace(/:(\w+)/g, '{$1}');
    return handlers.map((method) => `${method.toUpperCase()} ${path}`);
  });
  storage.close();
});
afterAll(() => running.stop());

describe('openapi/aas.yaml', () => {
  it('describes what is served, and nothing else', () => {
    expect([...described()].sort()).toEqual([...served].sort());
  });

  it('has every operation of the specification', () => {
    const missing = OPERATIONS.map(({ method, path }) => `${method} ${path}`).filter(
      (operation) => !described().includes(operation),
    );

    expect(missing).toEqual([]);
  });

  it('names the parameters of every path', () => {
    for (const [path, item] of Object.entries(document.paths)) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const named = (item.parameters ?? []).map(({ $ref }) => $ref.split('/').at(-1));
      expect([path, named]).toEqual([path, wanted]);
    }
  });
});
