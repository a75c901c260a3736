import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Plant, startPlant } from '../../cli/plant/start-plant.ts';
import { Supervisor } from '../../cli/supervise/supervisor.ts';
import { poll } from '../../cli/terminal/poll.ts';
import type { Federation, Run } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { note } from '../support/figure.ts';
import { cpuSeconds } from '../support/process-meter.ts';
import { processTree } from '../support/process-tree.ts';
import { commandLineOf } from './command-line-of.ts';

const QUIET_MS = 2_000;
const QUIET_SHARE = 0.2;
/** Seldom, as a run of a large cohort is a long answer. */
const RUN_INTERVAL_MS = 5_000;

/** A real Redis and a real aggregator as processes of their own, and the calls that a bench needs. */
export class BenchPlant {
  readonly #supervisor: Supervisor;
  readonly #folder: string;
  readonly plant: Plant;

  private constructor(supervisor: Supervisor, folder: string, plant: Plant) {
    this.#supervisor = supervisor;
    this.#folder = folder;
    this.plant = plant;
  }

  /** Starts them in a new folder below `FEDSHELL_BENCH_FOLDER` or the system's for temporary files. */
  static async start(bench: string): Promise<BenchPlant> {
    const parent = process.env['FEDSHELL_BENCH_FOLDER'] ?? tmpdir();
    mkdirSync(parent, { recursive: true });
    const folder = mkdtempSync(join(parent, 'fedshell-plant-'));
    const report = ({ kind, name }: { kind: string; name: string }) => note(`${bench}: ${name} ${kind}`);
    const supervisor = new Supervisor({ folder, report });
    try {
      return new BenchPlant(
        supervisor,
        folder,
        await startPlant(supervisor, { folder, port: 0, aasPort: 0 }),
      );
    } catch (thrown) {
      await supervisor.end();
      rmSync(folder, { recursive: true, force: true });
      throw thrown;
    }
  }

  /** Process id of the aggregator. */
  aggregatorPid(): number {
    const pid = processTree(process.pid).find((each) =>
      commandLineOf(each).some((word) => word.includes('services/aggregator/main')),
    );
    if (pid === undefined) throw new CodedError('E_PROCESS_FAILED', 'no aggregator runs');
    return pid;
  }

  /** @returns the join token. */
  async createFederation(federation: Federation): Promise<string> {
    const { joinToken } = await this.request<{ joinToken: string }>('/api/federations', federation);
    return joinToken;
  }

  async allReady(count: number): Promise<void> {
    await poll(
      async () => {
        const all = await this.request<{ state: string }[]>('/api/participants');
        return all.filter(({ state }) => state === 'ready').length === count ? true : undefined;
      },
      { what: 'the participants', timeoutMs: 120_000, intervalMs: 200 },
    );
  }

  /** Waits until the aggregator has shown all participants in the AAS and does hardly anything. Linux only. */
  async quiet(): Promise<void> {
    const pid = this.aggregatorPid();
    for (;;) {
      const before = cpuSeconds(pid);
      await sleep(QUIET_MS);
      if ((cpuSeconds(pid) - before) * 1000 < QUIET_MS * QUIET_SHARE) return;
    }
  }

  /** Starts a run and waits until it has completed. @throws CodedError `E_RUN_FAILED` */
  async completedRun(federation: string, timeoutMs: number): Promise<Run> {
    const { id } = await this.request<Run>(`/api/federations/${federation}/runs`, {});
    const finished = await poll(
      async () => {
        const run = await this.request<Run>(`/api/runs/${id}`);
        return ['completed', 'failed', 'stopped'].includes(run.state) ? run : undefined;
      },
      { what: 'the rounds', timeoutMs, intervalMs: RUN_INTERVAL_MS },
    );
    if (finished.state === 'completed') return finished;
    throw new CodedError('E_RUN_FAILED', `the run ${finished.state}: ${finished.reason}`);
  }

  async request<Body>(path: string, body?: object): Promise<Body> {
    const headers = { 'content-type': 'application/json' };
    const init = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await fetch(`${this.plant.api}${path}`, init);
    if (!response.ok)
      throw new CodedError('E_RUN_FAILED', `${path} answers ${response.status}: ${await response.text()}`);
    return (await response.json()) as Body;
  }

  async end(): Promise<void> {
    await this.#supervisor.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
