import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PeerProgram } from '../peers/found-peer.ts';
import { note } from '../support/figure.ts';
import { ProcessMeter } from '../support/process-meter.ts';
import { BenchMachine } from './bench-machine.ts';
import { sumOf, type Verdict } from './judge.ts';
import { judgeStore } from './judge-store.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { type MachineLoad, signalNames, sourceOf } from './machine-load.ts';
import { RunningCollector } from './running-collector.ts';

/** A value that is not on disk after this time counts as lost. */
const DRAIN_MS = 3_000;
const MACHINES_STARTED_AT_ONCE = 10;

interface CollectOptions {
  readonly program: PeerProgram;
  /** What each machine serves. */
  readonly load: MachineLoad;
  readonly machines: number;
  readonly seconds: number;
  readonly folder: string;
  /** More members of each `source.opcua`. */
  readonly source?: Readonly<Record<string, unknown>>;
}

/** What a collector made of undisturbed machines. */
export interface Collection {
  readonly verdict: Verdict;
  readonly latency: LatencyHistogram;
  /** Of the collector's process. */
  readonly cores: number;
  /** Of the collector's process; undefined for less than 50 s. */
  readonly memoryGrowthMB: number | undefined;
  /** Samples stored a second of the measured time. */
  readonly storedPerSecond: number;
  /** Rows of the gap ledgers. */
  readonly rows: number;
}

/** Runs machines and one collector for a while, closes it, and judges every store from disk. */
export async function collectFor(options: CollectOptions): Promise<Collection> {
  const { load, seconds, folder } = options;
  const machines = await startMachines(options);
  const participants = machines.map(({ endpoint }, index) => ({
    id: `machine-${index}`,
    source: sourceOf(endpoint, load, options.source),
  }));
  const collector = new RunningCollector(join(folder, 'collector'), participants);
  try {
    const states = await collector.untilCollecting();
    const reasons = new Set(states.flatMap(({ reason }) => reason ?? []));
    for (const reason of reasons) note(`opcua: the collector reports: ${reason}`);
    const fromMs = Date.now();
    const meter = new ProcessMeter(collector.pid);
    await sleep(1000 * seconds);
    const untilMs = Date.now();
    const cores = meter.cores();
    const memoryGrowthMB = seconds >= 50 ? meter.memoryGrowthMB() : undefined;
    meter.stop();
    await sleep(DRAIN_MS);
    await collector.close();
    await Promise.all(machines.map((machine) => machine.kill()));
    const latency = new LatencyHistogram();
    const verdicts: Verdict[] = [];
    let rows = 0;
    let stored = 0;
    for (const [index, { logFile }] of machines.entries()) {
      const storeFolder = collector.storeFolder(`machine-${index}`);
      const judged = await judgeStore({ storeFolder, logFile, signals: signalNames(load), fromMs, untilMs });
      verdicts.push(judged.verdict);
      latency.addAll(judged.latency);
      for (const judge of judged.judges.values()) stored += judge.between(fromMs, untilMs).stored;
      rows += judged.rows.length;
    }
    const verdict = sumOf(verdicts);
    const storedPerSecond = (1000 * stored) / (untilMs - fromMs);
    return { verdict, latency, cores, memoryGrowthMB, storedPerSecond, rows };
  } finally {
    collector.kill();
    await Promise.all(machines.map((machine) => machine.kill()));
  }
}

/** Some at a time: each start waits for a process, and all at once would make each wait for all. */
async function startMachines({ program, load, machines, folder }: CollectOptions): Promise<BenchMachine[]> {
  const started: BenchMachine[] = [];
  for (let first = 0; first < machines; first += MACHINES_STARTED_AT_ONCE) {
    const count = Math.min(MACHINES_STARTED_AT_ONCE, machines - first);
    const some = Array.from({ length: count }, (_, index) =>
      BenchMachine.start({ program, load, folder: join(folder, `machine-${first + index}`) }),
    );
    started.push(...(await Promise.all(some)));
  }
  return started;
}
