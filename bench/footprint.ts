import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '../runtime/errors.ts';
import { packageRoot } from '../runtime/package-root.ts';
import { note, printFigure } from './support/figure.ts';
import { proportionalSetSizeMB } from './support/process-tree.ts';
import { RunningDemo } from './support/running-demo.ts';

/** What FedShell costs: MB on disk and in memory, seconds until its first round starts. */
export async function run(): Promise<void> {
  note('footprint: packing and installing the product');
  measureInstallation();
  note('footprint: a demo with warm caches, for the memory of its last round');
  const warm = await measureDemo({});
  if (process.platform === 'linux') {
    printFigure({
      name: 'footprint/memory',
      value: warm.memoryMB,
      unit: 'MB',
      kind: 'PSS',
      processes: warm.processes,
    });
  } else {
    note(
      `footprint/memory is not measured: proportional set sizes are read from Linux's /proc, this is ${process.platform}`,
    );
  }
  printFigure({ name: 'footprint/start', value: warm.startSeconds, unit: 's', caches: 'warm' });
  note('footprint: a demo with empty caches');
  const cache = mkdtempSync(join(tmpdir(), 'fedshell-cache-'));
  try {
    const cold = await measureDemo({ XDG_CACHE_HOME: cache });
    printFigure({ name: 'footprint/start-cold', value: cold.startSeconds, unit: 's', caches: 'empty' });
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

/** Installs the packed product in an empty folder, with and without what only its development needs. */
function measureInstallation(): void {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-install-'));
  try {
    npm(['pack', '--ignore-scripts', '--pack-destination', folder], packageRoot());
    const [archive] = readdirSync(folder);
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'plant', private: true, overrides: overrides() }),
    );
    npm(['install', '--omit=dev', '--no-audit', '--no-fund', `./${archive}`], folder);
    printFigure({
      name: 'footprint',
      value: sizeMB(join(folder, 'node_modules')),
      unit: 'MB',
      of: 'install',
    });
    printFigure({ name: 'footprint/install', value: sizeMB(join(folder, 'node_modules')), unit: 'MB' });
    printFigure({
      name: 'footprint/install-dev',
      value: sizeMB(join(packageRoot(), 'node_modules')),
      unit: 'MB',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The product's own `overrides`: npm takes them from the root project only. */
function overrides(): unknown {
  const { stdout } = spawnSync('npm', ['pkg', 'get', 'overrides'], { cwd: packageRoot(), encoding: 'utf8' });
  return JSON.parse(stdout);
}

function npm(args: readonly string[], cwd: string): void {
  const { status, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new CodedError('E_PROCESS_FAILED', `npm ${args[0]} failed: ${stderr.slice(-500)}`);
}

/** Bytes on disk of a folder, in MB, each file in whole blocks as the file system keeps it. */
function sizeMB(folder: string): number {
  let blocks = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) blocks += statSync(join(entry.parentPath, entry.name)).blocks;
  }
  return (blocks * 512) / 1e6;
}

interface DemoFigures {
  readonly startSeconds: number;
  /** Highest sum over all processes that was seen in the last round. */
  readonly memoryMB: number;
  readonly processes: number;
}

async function measureDemo(environment: Readonly<Record<string, string>>): Promise<DemoFigures> {
  const startedAtMs = Date.now();
  const demo = new RunningDemo(['--once'], { environment });
  try {
    const run = await demo.until(
      async () => (await demo.runs()).find(({ round }) => round >= 1),
      'the first round',
    );
    const openedAt = run.rounds[0]?.openedAt ?? new Date().toISOString();
    let memoryMB = 0;
    let processes = 0;
    await demo.until(async () => {
      const current = (await demo.runs())[0];
      if (current !== undefined && current.round === current.totalRounds && current.state === 'running') {
        const tree = demo.processes();
        const sum = tree.reduce((total, pid) => total + proportionalSetSizeMB(pid), 0);
        if (sum > memoryMB) [memoryMB, processes] = [sum, tree.length];
      }
      return current?.state === 'completed';
    }, 'the end of the run');
    return { startSeconds: (Date.parse(openedAt) - startedAtMs) / 1000, memoryMB, processes };
  } finally {
    await demo.end();
  }
}
