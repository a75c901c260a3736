import { loadavg } from 'node:os';
import type { TensorSpec } from '../learning/weights/tensor.ts';
import { CodedError } from '../runtime/errors.ts';
import { benchFederation } from './senders/bench-federation.ts';
import { BenchPlant } from './senders/bench-plant.ts';
import { MemorySampler } from './senders/memory-sampler.ts';
import { startSenders } from './senders/start-senders.ts';
import { note, printFigure } from './support/figure.ts';

/** 14,750,041 parameters, 59 MB: most of them in one tensor, as where a convolution meets a dense layer. */
const TENSORS: readonly TensorSpec[] = [
  { name: 'convolution/kernel', shape: [3, 3, 64, 256] },
  { name: 'convolution/bias', shape: [256] },
  { name: 'dense/kernel', shape: [14_272, 1_000] },
  { name: 'dense/bias', shape: [1_000] },
  { name: 'output/kernel', shape: [1_000, 329] },
  { name: 'output/bias', shape: [329] },
];

const COHORTS: Readonly<Record<string, readonly number[]>> = { 'fed-avg': [10, 100, 1_000], median: [100] };
const DEFAULT_COHORTS = [1_000];
const PROCESSES = 2;
/** More jobs at once than places for uploads, so that some are always sent away. */
const CONCURRENCY = 48;
const LONGEST_RUN_MS = 3 * 3_600_000;

/**
 * The highest resident memory of the aggregator while a cohort sends a 59 MB model, less that of the idle one with all
 * its participants: a real Redis, the real HTTP path, senders in other processes.
 * @param flags `--participants=N` measures one cohort only; `--strategy=KEY` another strategy than fed-avg.
 */
export async function run(flags: readonly string[] = []): Promise<void> {
  if (process.platform !== 'linux') {
    note(`server-memory is not measured: resident sizes are read from Linux's /proc`);
    return;
  }
  const strategy = flagOf(flags, 'strategy') ?? 'fed-avg';
  const given = flagOf(flags, 'participants');
  const cohorts = given === undefined ? (COHORTS[strategy] ?? DEFAULT_COHORTS) : [countOf(given)];
  for (const participants of cohorts) await measure(strategy, participants);
}

async function measure(strategy: string, participants: number): Promise<void> {
  const bench = await BenchPlant.start('server-memory');
  try {
    const id = 'memory';
    const token = await bench.createFederation(
      benchFederation({ id, rounds: 1, strategy: { key: strategy } }),
    );
    const { api, queue } = bench.plant;
    const endSenders = await startSenders({
      ...{ api, queue, token, federation: id, participants, tensors: TENSORS },
      ...{ processes: PROCESSES, concurrency: CONCURRENCY },
    });
    const sampler = new MemorySampler(bench.aggregatorPid());
    try {
      await bench.allReady(participants);
      await bench.quiet();
      const idleMiB = await sampler.idle();
      const beganMs = performance.now();
      const { rounds } = await bench.completedRun(id, LONGEST_RUN_MS);
      const name = ['server-memory', ...(strategy === 'fed-avg' ? [] : [strategy]), participants].join('/');
      printFigure({
        name,
        value: sampler.highest - idleMiB,
        unit: 'MiB',
        idleMiB: Math.round(idleMiB),
        highestMiB: Math.round(sampler.highest),
        modelBytes: 59_000_164,
        contributions: rounds[0]!.contributions.length,
        seconds: Math.round((performance.now() - beganMs) / 1000),
        load: Number(loadavg()[0]!.toFixed(1)),
      });
    } finally {
      sampler.stop();
      await endSenders();
    }
  } finally {
    await bench.end();
  }
}

function flagOf(flags: readonly string[], name: string): string | undefined {
  return flags.find((flag) => flag.startsWith(`--${name}=`))?.slice(name.length + 3);
}

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new CodedError('E_INVALID_INPUT', '--participants must be a whole number from 1');
}
