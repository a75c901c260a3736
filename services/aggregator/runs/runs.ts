import { strategyOf } from '../../../learning/strategies/index.ts';
import type { Federation, RoundJob, Schemas } from '../../../openapi/schemas.ts';
import type { FailureEvent, ProgressEvent } from '../../../queue/aggregator-queue.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { sortableId, timestamp } from '../clock.ts';
import type { RunRow } from '../store/run-table.ts';
import type { RunServices } from './run-context.ts';
import { type RunCommand, RunDriver } from './run-driver.ts';
import { requireStart } from './start-version.ts';

/** How long failures may take to arrive after the jobs that report them have ended. */
const FAILURE_GRACE_MS = 1000;
const WATCH_REDIS_EVERY_MS = 500;

/** All unfinished runs, each with its driver. */
export class Runs {
  readonly #services: RunServices;
  readonly #drivers = new Map<string, RunDriver>();
  readonly #watch: NodeJS.Timeout;

  private constructor(services: RunServices) {
    this.#services = services;
    let before = services.queue.state();
    this.#watch = setInterval(() => {
      const state = services.queue.state();
      if (state === before) return;
      before = state;
      for (const id of this.#drivers.keys()) services.runChanged(id);
    }, WATCH_REDIS_EVERY_MS).unref();
  }

  /** Resumes every unfinished run from the stored state alone. */
  static async open(services: RunServices): Promise<Runs> {
    const runs = new Runs(services);
    for (const run of services.store.runs.unfinished()) await runs.#drive(run);
    return runs;
  }

  driver(id: string): RunDriver | undefined {
    return this.#drivers.get(id);
  }

  /** Participants changed: runs that wait for some may go on. */
  poke(): void {
    for (const driver of this.#drivers.values()) driver.poke();
  }

  requeue(): void {
    for (const driver of this.#drivers.values()) driver.requeue();
  }

  /**
   * Starts a run of the federation.
   * @param id of the run; one that is there already is not started again.
   * @throws CodedError `E_NOT_FOUND`, `E_WRONG_STATE` while another of its runs is unfinished, `E_INVALID_INPUT`
   */
  async start(federationId: string, request: Schemas['RunRequest'], id = sortableId()): Promise<string> {
    const { store } = this.#services;
    if (store.runs.get(id) !== undefined) return id;
    const federation = store.federations.get(federationId)?.federation;
    if (federation === undefined)
      throw new CodedError('E_NOT_FOUND', `there is no federation ${federationId}`);
    this.#refuseStrangers(federationId, request.participants ?? []);
    requireStart(store, federationId, request.startFrom);
    if (request.startFrom !== undefined) refuseOwnStart(federation);
    const at = timestamp();
    const run: RunRow = {
      id,
      federation: federationId,
      state: 'created',
      reason: undefined,
      totalRounds: request.rounds ?? federation.rounds,
      localEpochs: request.localEpochs ?? federation.training.localEpochs,
      seed: request.seed ?? federation.training.seed,
      participants: request.participants === undefined ? undefined : [...request.participants].sort(),
      numerics: undefined,
      baseVersion: undefined,
      scaler: undefined,
      initialisePool: undefined,
      startFrom: request.startFrom,
      createdAt: at,
      startedAt: undefined,
      endedAt: undefined,
      lastProgressAt: at,
    };
    store.transaction(() => {
      const active = store.runs.activeOf(federationId);
      if (active !== undefined) {
        throw new CodedError('E_WRONG_STATE', `run ${active} of federation ${federationId} is not finished`, {
          details: { run: active },
        });
      }
      store.runs.put(run);
      store.publications.add(`federation:${federationId}`);
    });
    this.#services.log.info({ event: 'run.created', run: run.id, federation: federationId });
    this.#services.runChanged(run.id);
    await this.#drive(run);
    return run.id;
  }

  /** @throws CodedError `E_NOT_FOUND`, `E_WRONG_STATE` */
  async command(id: string, command: RunCommand): Promise<void> {
    const driver = this.#drivers.get(id);
    if (driver !== undefined) return driver.command(command);
    const run = this.#services.store.runs.get(id);
    if (run === undefined) throw new CodedError('E_NOT_FOUND', `there is no run ${id}`);
    throw new CodedError('E_WRONG_STATE', `run ${id} is ${run.state} and takes no ${command}`);
  }

  /** Does what a job of the aggregator's own queue asks for; all of it is decided by the stored state. */
  async onJob(job: RoundJob): Promise<void> {
    const driver = this.#drivers.get(job.run);
    if (driver === undefined) return;
    driver.poke();
    if (job.kind === 'aggregate') setTimeout(() => driver.noteJobsEnded(job), FAILURE_GRACE_MS).unref();
  }

  onFailure(event: FailureEvent): void {
    const { pool } = event;
    if (pool === undefined) return;
    this.#services.log.warn({ ...event, event: 'job.failed' });
    this.#drivers.get(event.run)?.noteFailure({ ...event, pool });
  }

  onProgress({ pool, job, progress }: ProgressEvent): void {
    const { participants } = this.#services;
    if (job.participant === undefined || participants.poolOf(job.participant) !== pool) return;
    participants.noteProgress(job.participant, progress);
  }

  /** Lets every driver stop where it stands, with all stored. */
  async drain(): Promise<void> {
    clearInterval(this.#watch);
    await Promise.all([...this.#drivers.values()].map((driver) => driver.drain()));
  }

  async #drive(run: RunRow): Promise<void> {
    const federation = this.#services.store.federations.get(run.federation)!.federation;
    const driver = await RunDriver.start(this.#services, run, federation, () => this.#drivers.delete(run.id));
    if (run.endedAt === undefined) this.#drivers.set(run.id, driver);
  }

  #refuseStrangers(federation: string, participants: readonly string[]): void {
    const admitted = new Set(this.#services.participants.admittedTo(federation));
    const faults = participants.flatMap((id, index) =>
      admitted.has(id)
        ? []
        : [{ path: `/participants/${index}`, message: `${id} is not admitted to ${federation}` }],
    );
    if (faults.length > 0) throw new CodedError('E_INVALID_INPUT', 'the run asks for strangers', { faults });
  }
}

/** @throws CodedError `E_INVALID_INPUT` where the strategy's groups begin from weights drawn apart. */
function refuseOwnStart({ strategy: spec = { key: 'fed-avg' } }: Federation): void {
  if (
    strategyOf(spec)
      .init([])
      .groups.every(({ weights }) => weights === 'common')
  )
    return;
  const message = `the groups of ${spec.key} begin from weights of their own`;
  throw new CodedError('E_INVALID_INPUT', message, { faults: [{ path: '/startFrom', message }] });
}
