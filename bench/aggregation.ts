import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sumOfFactors } from '../learning/aggregation/factor.ts';
import { reduceRobustly, reduceToMean } from '../learning/aggregation/fold/reduce.ts';
import type { RobustRule } from '../learning/aggregation/robust-rule.ts';
import { FoldPool } from '../services/aggregator/fold/fold-pool.ts';
import { measureIngest } from './aggregation/ingest.ts';
import { measureMemcpy, measureReduction } from './aggregation/measured-reduction.ts';
import { measurePeer } from './aggregation/peer.ts';
import { type Spool, type SpoolSize, writeSpool } from './aggregation/spool.ts';
import { note } from './support/figure.ts';

const SIZES: readonly SpoolSize[] = [
  { name: '10x100MB', updates: 10, parameters: 25_000_000 },
  { name: '68x4MB', updates: 68, parameters: 1_000_000 },
  { name: '68x59MB', updates: 68, parameters: 14_750_000 },
];

const RULES: readonly (readonly [name: string, rule: RobustRule])[] = [
  ['median', { kind: 'median' }],
  ['trimmed-mean', { kind: 'trimmed-mean', f: 1 }],
  ['krum', { kind: 'krum', f: 1, selected: 1 }],
  ['multi-krum', { kind: 'krum', f: 1, selected: 5 }],
  ['bulyan', { kind: 'bulyan', f: 1 }],
  ['geometric-median', { kind: 'geometric-median', iterations: 8, smoothing: 1e-6 }],
  ['centred-clipping', { kind: 'centred-clipping', radius: 10, iterations: 3 }],
  ['norm-bounding', { kind: 'norm-bounding', maximumNorm: 10 }],
];

/**
 * GB/s from verified updates in the page cache to the float32 mean in a file, range check included, by all cores: the
 * exact fold, the fast one, payloads of 16 and 8 bits (as GB/s of the float32 they stand for) and each robust rule.
 * @param flags `--peers` runs flwr's aggregation of the same arrays beside it; `--size=NAME` measures one size only.
 */
export async function run(flags: readonly string[] = []): Promise<void> {
  const parent = process.env['FEDSHELL_BENCH_FOLDER'] ?? tmpdir();
  mkdirSync(parent, { recursive: true });
  const pool = new FoldPool();
  const only = flags.find((flag) => flag.startsWith('--size='))?.slice('--size='.length);
  try {
    for (const size of SIZES.filter(({ name }) => only === undefined || name === only)) {
      const folder = mkdtempSync(join(parent, 'fedshell-bench-aggregation-'));
      try {
        await measureSize(pool, folder, size, flags.includes('--peers'));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  } finally {
    await pool.close();
  }
}

async function measureSize(pool: FoldPool, folder: string, size: SpoolSize, peers: boolean): Promise<void> {
  note(`aggregation: ${size.name}`);
  const spool = writeSpool(folder, size, 'f32');
  const memcpy = measureMemcpy(spool);
  const { gigabytesPerSecond } = await measureReduction('exact', spool, memcpy, () => exactMean(pool, spool));
  if (peers) {
    const mean = new Float32Array(Uint8Array.from(readFileSync(spool.output.path)).buffer);
    measurePeer(folder, spool, gigabytesPerSecond, mean);
  }
  await measureReduction('f32', spool, memcpy, () => fastMean(pool, spool));
  await measureIngest(folder, spool);
  for (const [name, rule] of RULES) {
    const rows = spool.files.map((_, index) => [index]);
    const { tensors, files: updates, output } = spool;
    await measureReduction(name, spool, memcpy, () =>
      reduceRobustly(pool, { tensors, updates, output, rule, rows }),
    );
  }
  for (const encoding of ['f16', 'int8'] as const) {
    const smaller = writeSpool(folder, size, encoding);
    await measureReduction(encoding, smaller, memcpy, () => exactMean(pool, smaller));
  }
}

async function exactMean(pool: FoldPool, { tensors, files, factors, output }: Spool): Promise<void> {
  await reduceToMean(pool, { tensors, updates: files, factors, output });
}

async function fastMean(pool: FoldPool, { tensors, files, factors, output }: Spool): Promise<void> {
  await pool.run({
    kind: 'sum',
    tensors,
    updates: files,
    factors,
    partialSums: [],
    output: { ...output, kind: 'means', divisor: sumOfFactors(factors) },
    arithmetic: 'fast',
  });
}
