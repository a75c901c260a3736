import { type Cohort, chooseCohort } from '../../../learning/cohort.ts';
import { mergeStatistics, scalerOf } from '../../../learning/statistics.ts';
import { type InitialGroup, MAIN_GROUP, type Strategy } from '../../../learning/strategies/strategy.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { present } from '../store/present.ts';
import type { VersionRow } from '../store/version-table.ts';
import { chooseNumerics, type NumericsOffer } from './choose-numerics.ts';
import type { Deadline } from './deadline.ts';
import { eligible, openDeadline, type RunContext, readyOnes } from './run-context.ts';
import { startNeedsScaler, startVersion } from './start-version.ts';
import { tooFew, type Wait } from './wait.ts';

/** What a run needs before its first round: numerics, a scaler where it is federated, and a version to begin from. */
export class Preparation {
  readonly #context: RunContext;
  #deadline: Deadline | undefined;
  readonly #groups: readonly InitialGroup[];
  #queued = false;

  constructor(context: RunContext, strategy: Strategy) {
    this.#context = context;
    this.#groups = strategy.init([]).groups;
  }

  /**
   * Goes as far as it can.
   * @returns the versions to begin from, one a group that the strategy begins with, or why the run still waits.
   * @throws CodedError `E_RUN_FAILED` if it never will.
   */
  async advance(): Promise<readonly VersionRow[] | Wait> {
    const { run, federation, store } = this.#context;
    const current = this.#groups.flatMap(({ group }) => store.versions.current(federation.id, group) ?? []);
    const startsElsewhere =
      run.startFrom !== undefined && run.baseVersion === undefined && current[0]?.run !== run.id;
    if (!startsElsewhere && current.length === this.#groups.length) {
      this.#deadline?.cancel();
      return run.numerics === undefined ? (this.#fixNumerics() ?? current) : current;
    }
    if (run.numerics === undefined) {
      const waits = this.#fixNumerics();
      if (waits !== undefined) return waits;
    }
    if (startsElsewhere && !(await startNeedsScaler(this.#context))) {
      return [await startVersion(this.#context)];
    }
    this.#deadline ??= openDeadline(this.#context, `preparation:${run.id}`);
    if (run.scaler === undefined) {
      const waits = await this.#prepareScaler();
      if (waits !== undefined) return waits;
    }
    if (!startsElsewhere) return this.#initialise();
    this.#deadline.cancel();
    return [await startVersion(this.#context)];
  }

  requeue(): void {
    this.#queued = false;
  }

  suspend(): void {
    this.#deadline?.suspend();
  }

  abandon(): void {
    this.#deadline?.cancel();
  }

  /** The run computes with what suits the ready participants' pools, from now to its end. */
  #fixNumerics(): Wait | undefined {
    const { run, federation, store, participants } = this.#context;
    const ready = readyOnes(this.#context);
    const choice = this.#choose(new Set(ready));
    if (!choice.enough) return tooFew(this.#context, choice.reason);
    const offers = new Map<string, NumericsOffer>();
    for (const id of [...choice.cohort, ...ready]) {
      const pool = participants.poolOf(id)!;
      if (offers.has(pool)) continue;
      const { numerics, alternatives = [] } = store.pools.get(pool)!;
      const data = participants.get(id)?.data?.find((each) => each.federation === federation.id);
      offers.set(pool, { best: data?.numerics ?? numerics, all: [numerics, ...alternatives] });
    }
    run.numerics = chooseNumerics([...offers.values()], federation.training);
    store.runs.put(run);
    return undefined;
  }

  /** The cohort of round 1 if these were the ready ones. */
  #choose(ready: ReadonlySet<string>): Cohort {
    const { run, federation } = this.#context;
    return chooseCohort({
      spec: federation.cohort ?? { kind: 'all' },
      quorum: federation.quorum ?? { kind: 'fraction', of: 0.8 },
      admitted: eligible(this.#context),
      ready,
      seed: run.seed,
      round: 1,
    });
  }

  async #prepareScaler(): Promise<Wait | undefined> {
    const { run, federation, store } = this.#context;
    if (federation.profile.standardisation !== 'federated') {
      run.scaler = { kind: 'local' };
      store.runs.put(run);
      return undefined;
    }
    let asked = store.statistics.ofRun(run.id);
    if (asked.length === 0) {
      const ready = readyOnes(this.#context);
      store.transaction(() => {
        for (const participant of ready) store.statistics.ask(run.id, participant);
      });
      asked = store.statistics.ofRun(run.id);
    }
    const missing = asked.filter((row) => row.statistics === undefined && row.failure === undefined);
    if (missing.length > 0 && !this.#deadline!.hasPassed) {
      await this.#queueStatistics(missing.map((row) => row.participant));
      return {
        waitsFor: `statistics of ${missing.map((row) => row.participant).join(', ')}`,
        kind: 'answers',
      };
    }
    const answered = asked.filter((row) => row.statistics !== undefined);
    const enough = this.#choose(new Set(answered.map((row) => row.participant)));
    if (!enough.enough) {
      const reasons = asked
        .filter((row) => row.statistics === undefined)
        .map((row) => `${row.participant}: ${row.failure ?? 'no answer in time'}`);
      throw new CodedError(
        'E_RUN_FAILED',
        `too few sent statistics to standardise with (${reasons.join('; ')})`,
      );
    }
    const sums = mergeStatistics(answered.flatMap((row) => row.statistics ?? []));
    const { mean, standardDeviation } = scalerOf(sums);
    run.scaler = { kind: 'federated', mean: [...mean], standardDeviation: [...standardDeviation] };
    this.#deadline?.cancel();
    this.#deadline = openDeadline(this.#context, `preparation:${run.id}`);
    this.#queued = false;
    store.runs.put(run);
    return undefined;
  }

  async #queueStatistics(ids: readonly string[]): Promise<void> {
    if (this.#queued) return;
    const { run, federation, participants, queue } = this.#context;
    for (const participant of ids) {
      const pool = participants.poolOf(participant);
      if (pool === undefined) continue;
      await queue.addPoolJob(pool, {
        kind: 'statistics',
        run: run.id,
        federation: federation.id,
        participant,
        profile: federation.profile,
      });
    }
    this.#queued = true;
  }

  /** The aggregator knows no tensors: a pool builds the model and draws version 0 from the run's seed. */
  async #initialise(): Promise<Wait> {
    const { run, federation, store, participants, queue } = this.#context;
    if (this.#deadline!.hasPassed) {
      throw new CodedError('E_RUN_FAILED', `pool ${run.initialisePool} sent no initial version in time`);
    }
    if (run.initialisePool === undefined) {
      const pools = readyOnes(this.#context).flatMap((id) => participants.poolOf(id) ?? []);
      if (pools.length === 0) return tooFew(this.#context);
      run.initialisePool = pools[0];
      store.runs.put(run);
    }
    const waits: Wait = { waitsFor: `the initial version from pool ${run.initialisePool}`, kind: 'answers' };
    if (this.#queued) return waits;
    for (const group of this.#groups) {
      if (store.versions.current(federation.id, group.group) !== undefined) continue;
      const job = present({
        kind: 'initialise' as const,
        run: run.id,
        federation: federation.id,
        model: federation.model,
        profile: federation.profile,
        seed: run.seed,
        scaler: run.scaler!,
        numerics: run.numerics,
        group: group.group === MAIN_GROUP ? undefined : group,
      });
      await queue.addPoolJob(run.initialisePool!, job);
    }
    this.#queued = true;
    return waits;
  }
}
