import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TensorSpec } from '../learning/weights/tensor.ts';
import { startOtherClient } from './federation-scale/other-client.ts';
import { benchFederation } from './senders/bench-federation.ts';
import { BenchPlant } from './senders/bench-plant.ts';
import { startSenders } from './senders/start-senders.ts';
import { median, note, printFigure } from './support/figure.ts';
import { cpuSeconds } from './support/process-meter.ts';

/** 25,156 parameters: 32 inputs, two hidden layers and 4 classes. */
const TENSORS: readonly TensorSpec[] = [
  { name: 'dense-0/kernel', shape: [32, 256] },
  { name: 'dense-0/bias', shape: [256] },
  { name: 'dense-1/kernel', shape: [256, 64] },
  { name: 'dense-1/bias', shape: [64] },
  { name: 'output/kernel', shape: [64, 4] },
  { name: 'output/bias', shape: [4] },
];
const PARTICIPANTS = 1_000;
const ROUNDS = 10;
const WARM_UP_ROUNDS = 2;
const PROCESSES = 2;
const CONCURRENCY = 32;
const IDLE_MS = 3_000;
const LONGEST_RUN_MS = 600_000;

/**
 * Seconds a round takes with a thousand participants that train nothing: jobs through a real Redis, updates over HTTP to a
 * real aggregator, senders in other processes; and how long another client of the same Redis waits at most for an answer.
 * @param flags `--participants=N`, `--rounds=N` (besides two to warm up).
 */
export async function run(flags: readonly string[] = []): Promise<void> {
  const participants = numberOf(flags, 'participants', PARTICIPANTS);
  const rounds = numberOf(flags, 'rounds', ROUNDS);
  const bench = await BenchPlant.start('federation-scale');
  try {
    const { api, queue } = bench.plant;
    const id = 'scale';
    const token = await bench.createFederation(benchFederation({ id, rounds: WARM_UP_ROUNDS + rounds + 1 }));
    const endSenders = await startSenders({
      ...{ api, queue, token, federation: id, participants, tensors: TENSORS },
      ...{ processes: PROCESSES, concurrency: CONCURRENCY },
    });
    const other = startOtherClient(queue);
    try {
      await bench.allReady(participants);
      await bench.quiet();
      await other.stalls();
      await sleep(IDLE_MS);
      const idle = await other.stalls();
      const cpuBefore = cpuSeconds(bench.aggregatorPid());
      const finished = await bench.completedRun(id, LONGEST_RUN_MS);
      const cpu = (cpuSeconds(bench.aggregatorPid()) - cpuBefore) / finished.rounds.length;
      const stalls = await other.stalls();
      const openedAtMs = finished.rounds.map(({ openedAt }) => Date.parse(openedAt));
      const seconds = openedAtMs.slice(1).map((openedMs, index) => (openedMs - openedAtMs[index]!) / 1000);
      const counted = seconds.slice(WARM_UP_ROUNDS);
      note(`federation-scale: rounds of ${counted.map((each) => each.toFixed(2)).join(', ')} s`);
      const settings = {
        ...{ participants, parameters: 25_156, rounds: counted.length, senders: PROCESSES },
        load: Number(loadavg()[0]!.toFixed(1)),
      };
      printFigure({ name: 'federation-scale', value: median(counted), unit: 's', ...settings });
      printFigure({ name: 'federation-scale/slowest', value: Math.max(...counted), unit: 's', ...settings });
      printFigure({ name: 'federation-scale/aggregator-cpu', value: cpu, unit: 's', ...settings });
      printFigure({
        ...{ name: 'federation-scale/stall', value: stalls.longestMs, unit: 'ms', ...settings },
        ...{ idleMs: Math.round(idle.longestMs), ownPauseMs: Math.round(stalls.ownPauseMs) },
      });
    } finally {
      other.end();
      await endSenders();
    }
  } finally {
    await bench.end();
  }
}

function numberOf(flags: readonly string[], name: string, otherwise: number): number {
  const text = flags.find((flag) => flag.startsWith(`--${name}=`))?.slice(name.length + 3);
  const value = Number(text ?? otherwise);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`--${name} must be a whole number from 1`);
}
