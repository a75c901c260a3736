import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../runtime/package-root.ts';

/**
 * The import table of docs/architecture.md as data. The longest matching folder governs a file. What is not listed may
 * not be imported: the aggregator has no way to raw data because nothing that holds any is listed for it.
 */
interface Rule {
  /** Folders or files of ours that may be imported, besides the folder itself. */
  readonly ours: readonly string[];
  /** Folders or files of ours that may be imported only by `import()`. */
  readonly dynamic?: readonly string[];
  /** Packages that only this folder may import, of those in RESERVED_PACKAGES. */
  readonly packages?: readonly string[];
  /** Whether Node's modules may be imported. */
  readonly node?: boolean;
}

const RULES: Readonly<Record<string, Rule>> = {
  runtime: { ours: [] },
  learning: { ours: ['runtime/errors.ts', 'runtime/canonical-json.ts'], node: false },
  openapi: { ours: ['runtime'] },
  connectors: { ours: ['runtime', 'openapi/schemas.ts', 'openapi/generated'] },
  'connectors/opcua': {
    ours: ['runtime', 'connectors/connector.ts', 'openapi/schemas.ts', 'openapi/generated'],
    packages: ['node-opcua'],
  },
  'connectors/collector': { ours: ['runtime', 'openapi', 'connectors'] },
  queue: { ours: ['runtime', 'openapi'], packages: ['bullmq', 'ioredis'] },
  aas: { ours: ['runtime', 'openapi'] },
  'services/trainer': {
    ours: ['runtime', 'learning', 'connectors', 'queue', 'aas/client', 'openapi'],
    packages: ['@tensorflow'],
  },
  'services/aggregator': {
    ours: ['runtime', 'queue', 'aas', 'openapi', ...learningWithoutFeatures()],
  },
  'services/simulation': {
    ours: [
      'runtime',
      'openapi',
      'learning',
      'queue',
      'connectors/recording',
      'services/trainer/training',
      'services/trainer/models',
      'services/trainer/backends',
      'services/trainer/data-set/frozen-index.ts',
      'services/trainer/data-set/profile-features.ts',
      'services/trainer/participant-state',
      'services/trainer/recording-examples.ts',
    ],
  },
  console: { ours: ['openapi/generated'], node: false },
  cli: {
    ours: ['openapi', 'runtime'],
    dynamic: [
      'services/trainer/main.ts',
      'services/trainer/evaluate.ts',
      'services/trainer/acceptance-sheet.ts',
      'services/trainer/import-model.ts',
      'services/trainer/probe.ts',
      'services/aggregator/main.ts',
      'services/simulation/simulate-federation.ts',
      'aas/server',
      'aas/client',
      'connectors/opcua',
      'connectors/recording',
      'queue/provision.ts',
      'simulator',
    ],
  },
  examples: { ours: [] },
  simulator: { ours: ['*'], packages: ['node-opcua'] },
  bench: { ours: ['*'], packages: ['node-opcua', 'bullmq', 'ioredis', '@tensorflow'] },
  test: { ours: ['*'], packages: ['node-opcua', 'bullmq', 'ioredis', '@tensorflow'] },
};

const RESERVED_PACKAGES = ['node-opcua', 'bullmq', 'ioredis', '@tensorflow'];

const root = packageRoot();

function learningWithoutFeatures(): string[] {
  return readdirSync(join(packageRoot(), 'learning'))
    .filter((name) => name !== 'features')
    .map((name) => `learning/${name}`);
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    );
}

interface Import {
  readonly target: string;
  readonly dynamic: boolean;
}

/**
 * The imports of a source text: what the compiler sees, so that no comment or string passes for one. An `import type` is
 * none: nothing of it is left in the program.
 */
function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    if (
      (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) &&
      node.moduleSpecifier !== undefined &&
      ts.isStringLiteral(node.moduleSpecifier) &&
      !isTypeOnly(node)
    ) {
      found.push({ target: node.moduleSpecifier.text, dynamic: false });
    }
    if (ts.isCallExpression(node)) {
      const [argument] = node.arguments;
      const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
      const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require';
      if ((isImport || isRequire) && argument !== undefined && ts.isStringLiteral(argument)) {
        found.push({ target: argument.text, dynamic: isImport });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return found.map(({ target, dynamic }) => ({
    target: target.startsWith('.') ? posix.normalize(posix.join(posix.dirname(file), target)) : target,
    dynamic,
  }));
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  return ts.isImportDeclaration(node) ? node.importClause?.isTypeOnly === true : node.isTypeOnly;
}

function ruleOf(file: string): { folder: string; rule: Rule } {
  const folder = Object.keys(RULES)
    .filter((candidate) => file.startsWith(`${candidate}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (folder === undefined) throw new Error(`${file} stands in a folder without an import rule`);
  return { folder, rule: RULES[folder] as Rule };
}

const allows = (list: readonly string[], target: string): boolean =>
  list.some((entry) => entry === '*' || target === entry || target.startsWith(`${entry}/`));

/** Why an import is against the table; undefined when it is not. */
function violation(file: string, { target, dynamic }: Import): string | undefined {
  const { folder, rule } = ruleOf(file);
  if (target.startsWith('node:')) return rule.node === false ? `${file} imports ${target}` : undefined;
  if (
    /^(runtime|learning|openapi|connectors|queue|aas|services|console|cli|examples|simulator|bench|test)\//.test(
      target,
    )
  ) {
    const own = target.startsWith(`${folder}/`);
    const allowed = own || allows(rule.ours, target) || (dynamic && allows(rule.dynamic ?? [], target));
    return allowed ? undefined : `${file} imports ${target}`;
  }
  const reserved = RESERVED_PACKAGES.find(
    (name) => target === name || target.startsWith(`${name}/`) || target.startsWith(`${name}-`),
  );
  if (reserved !== undefined && !(rule.packages ?? []).includes(reserved)) return `${file} imports ${target}`;
  return undefined;
}

const FOLDERS = [
  'runtime',
  'learning',
  'openapi',
  'connectors',
  'queue',
  'aas',
  'services',
  'console',
  'cli',
  'simulator',
  'bench',
  'test',
];

describe('the import table', () => {
  const files = FOLDERS.flatMap(sourceFiles);

  it('covers every source file', () => {
    expect(files.length).toBeGreaterThan(50);
    for (const file of files) expect(() => ruleOf(file)).not.toThrow();
  });

  it('is kept by every import', () => {
    const violations = files.flatMap((file) =>
      importsOf(file, readFileSync(join(root, file), 'utf8')).flatMap(
        (found) => violation(file, found) ?? [],
      ),
    );
    expect(violations).toEqual([]);
  });

  it.each([
    ['services/aggregator/x.ts', "import { a } from '../../connectors/index.ts';"],
    ['services/aggregator/x.ts', "import * as tf from '@tensorflow/tfjs-core';"],
    ['services/aggregator/x.ts', "export { b } from '../../services/trainer/main.ts';"],
    ['services/aggregator/x.ts', "const c = await import('../../learning/features/index.ts');"],
    ['learning/x.ts', "import { readFileSync } from 'node:fs';"],
    ['cli/x.ts', "import { start } from '../services/trainer/main.ts';"],
    ['services/trainer/x.ts', "import { Queue } from 'bullmq';"],
    ['connectors/recording/x.ts', "import { OPCUAClient } from 'node-opcua';"],
  ])('finds the forbidden import in %s: %s', (file, text) => {
    expect(importsOf(file, text).flatMap((found) => violation(file, found) ?? [])).toHaveLength(1);
  });

  it('forbids the pure core clocks and random numbers', () => {
    const impure = sourceFiles('learning').filter((file) =>
      /\b(Date\.now|new Date\(|performance\.now|Math\.random|process\.[a-z])/.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    );
    expect(impure).toEqual([]);
  });
});
