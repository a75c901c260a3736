import { boundsOf } from '../../../learning/aggregation/grid.ts';
import { runStates } from '../../../learning/run.ts';
import { strategyOf } from '../../../learning/strategies/index.ts';
import { MAIN_GROUP, type Strategy } from '../../../learning/strategies/strategy.ts';
import type { Contribution, FeatureStatistics, Federation } from '../../../openapi/schemas.ts';
import type { FailureEvent } from '../../../queue/aggregator-queue.ts';
import { type CodedError, toCodedError } from '../../../runtime/errors.ts';
import { timestamp } from '../clock.ts';
import { publicationOf } from '../publishing/publication-name.ts';
import type { RoundKey } from '../store/round-table.ts';
import type { RunRow } from '../store/run-table.ts';
import type { VersionRow } from '../store/version-table.ts';
import { acceptInitialVersion } from './accept-initial-version.ts';
import { acceptUpdate, type IncomingUpdate, type UpdateRequest } from './accept-update.ts';
import { Evaluations } from './evaluations.ts';
import { noteJobFailure, noteJobsEnded } from './job-endings.ts';
import { Patience } from './patience.ts';
import { Preparation } from './preparation.ts';
import { Rounds } from './rounds.ts';
import type { RunContext, RunServices } from './run-context.ts';
import { compressionOf, gatesOf } from './run-pipeline.ts';
import type { Wait } from './wait.ts';

export type RunCommand = 'pause' | 'resume' | 'stop';

/**
 * Carries one run from wherever its stored state says it is to its end. It acts in steps, one at a time; whatever
 * happens (a contribution, a deadline, a participant that becomes ready) only wakes it, and it looks at the state.
 */
export class RunDriver {
  readonly #context: RunContext;
  readonly #rounds: Rounds;
  readonly #evaluations: Evaluations;
  readonly #preparation: Preparation;
  readonly #patience = new Patience(() => this.poke());
  readonly #ended: () => void;
  /** Steps and commands queue up here. */
  #tail: Promise<unknown> = Promise.resolve();
  #poked = false;
  #working = false;
  #draining = false;
  /** Why there will be no initial version. */
  #cannotBegin: string | undefined;

  private constructor(
    services: RunServices,
    run: RunRow,
    federation: Federation,
    strategy: Strategy,
    ended: () => void,
  ) {
    this.#context = { ...services, run, federation, poke: () => this.poke() };
    this.#rounds = new Rounds(this.#context, strategy);
    this.#evaluations = new Evaluations(this.#context, this.#rounds);
    this.#preparation = new Preparation(this.#context, strategy);
    this.#ended = ended;
  }

  /** Makes the driver of an unfinished run. If a round is open, it takes updates from here on. */
  static async start(
    services: RunServices,
    run: RunRow,
    federation: Federation,
    ended: () => void,
  ): Promise<RunDriver> {
    const strategy = strategyOf(federation.strategy ?? { key: 'fed-avg' });
    const driver = new RunDriver(services, run, federation, strategy, ended);
    await driver.#rounds.resume();
    driver.poke();
    return driver;
  }

  get run(): RunRow {
    return this.#context.run;
  }

  /** What keeps the run from going on just now, such as a full disk; it is tried again. */
  get trouble(): string | undefined {
    return this.#patience.trouble;
  }

  /** What is left of the open round's time. */
  get remainingMs(): number | undefined {
    return this.#rounds.remainingMs();
  }

  /** Lets the driver look at the state again. */
  poke(): void {
    this.#poked = true;
    if (this.#working || this.#draining || this.#patience.isWaiting) return;
    this.#working = true;
    void this.#work().finally(() => {
      this.#working = false;
      if (this.#poked) this.poke();
    });
  }

  /** Redis is back and may have lost something: everything open goes there again. */
  requeue(): void {
    this.#rounds.requeue();
    this.#evaluations.requeue();
    this.#preparation.requeue();
    this.#patience.stop();
    this.poke();
  }

  /** @throws CodedError `E_WRONG_STATE` */
  async command(command: RunCommand): Promise<void> {
    await this.#exclusive(async () => {
      const { run, store } = this.#context;
      const state = runStates.next(run.state, command);
      if (command === 'stop') {
        this.#end(state, 'stopped by command');
        return;
      }
      run.state = state;
      run.reason = undefined;
      store.runs.put(run);
    });
    this.#context.runChanged(this.run.id);
    this.poke();
  }

  async accept(incoming: UpdateRequest): Promise<Contribution> {
    const contribution = await acceptUpdate(this.#context, {
      ...incoming,
      strategy: this.#rounds.strategy,
      compression: compressionOf(this.#rounds.pipeline),
      gates: gatesOf(this.#rounds.pipeline),
      bounds: this.#bounds,
      live: () => this.#rounds.live(incoming.key),
    });
    this.#noteProgress();
    return contribution;
  }

  /**
   * What every honest update keeps to. The count a participant told of itself is no bound: it may be older than the
   * frozen index, or partial just after a restart.
   */
  get #bounds(): IncomingUpdate['bounds'] {
    const { profile, maximumUpdateNorm, aggregation } = this.#context.federation;
    return {
      maximumExampleCount: profile.examples.maximum,
      maximumNorm: maximumUpdateNorm,
      largest: boundsOf(aggregation?.bounds ?? {}),
    };
  }

  async acceptInitialVersion(
    pool: string,
    sha256: string,
    body: AsyncIterable<Uint8Array>,
  ): Promise<VersionRow> {
    const { run, federation } = this.#context;
    const { groups } = this.#rounds.strategy.init([]);
    const incoming = { run, federation, groups, pool, sha256, body };
    const version = await acceptInitialVersion(this.#context, incoming);
    this.#noteProgress();
    return version;
  }

  acceptStatistics(participant: string, statistics: FeatureStatistics): void {
    this.#context.store.statistics.answer(this.run.id, participant, statistics);
    this.#noteProgress();
  }

  /** Results came in: the evaluation may be complete. */
  noteEvaluation(): void {
    this.#noteProgress();
  }

  /** A job of a pool failed for good; nothing waits for it any longer. */
  noteFailure(failure: FailureEvent & { readonly pool: string }): void {
    this.#cannotBegin ??= noteJobFailure(this.#context, this.#rounds, failure);
    this.#context.runChanged(this.run.id);
    this.poke();
  }

  /** All jobs of the round have ended. */
  noteJobsEnded(key: RoundKey): void {
    if (this.#draining) return;
    noteJobsEnded(this.#context, this.#rounds, key);
    this.poke();
  }

  /** Stops where it stands, with everything stored; the next start goes on. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#patience.stop();
    await this.#tail;
    this.#rounds.suspend();
    this.#evaluations.suspend();
    this.#preparation.suspend();
  }

  #noteProgress(): void {
    this.run.lastProgressAt = timestamp();
    this.#context.runChanged(this.run.id);
    this.poke();
  }

  async #work(): Promise<void> {
    while (this.#poked && !this.#draining && !this.#patience.isWaiting) {
      this.#poked = false;
      try {
        while (!this.#draining && (await this.#exclusive(() => this.#step()))) {
          // Each step stores what it did; the next one begins from there.
        }
        if (this.#patience.succeeded()) this.#context.runChanged(this.run.id);
      } catch (thrown) {
        await this.#exclusive(async () => this.#fail(toCodedError(thrown)));
      }
    }
  }

  #exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** Does the next thing there is to do. @returns whether there may be another one. */
  async #step(): Promise<boolean> {
    if (this.run.endedAt !== undefined) return false;
    if (await this.#stepRound()) return true;
    if (this.run.endedAt !== undefined) return false;
    // After the round, so that the next round's training need not wait for the last one's evaluation.
    await this.#evaluations.tend();
    if (this.#rounds.isLast && this.#rounds.current?.state === 'published') this.#completeIfEvaluated();
    return false;
  }

  async #stepRound(): Promise<boolean> {
    const rounds = this.#rounds;
    if (this.#cannotBegin !== undefined) {
      this.#end('failed', this.#cannotBegin);
      return false;
    }
    if (rounds.isLive) {
      await rounds.resume();
      return rounds.tend();
    }
    if (rounds.isClosing) return this.#closeRound();
    if (rounds.isLast) return false;
    if (rounds.current?.state === 'failed' && this.#endIfTriedEnough()) return false;
    if (this.run.state === 'paused') return false;
    return this.#openRound();
  }

  async #closeRound(): Promise<boolean> {
    const { store, run, federation } = this.#context;
    const rounds = this.#rounds;
    // Gates may have held back too many: the attempt has failed then.
    if (rounds.current!.version === undefined && !(await rounds.aggregate())) {
      this.#context.runChanged(run.id);
      return true;
    }
    const markPublished = await rounds.publish();
    await rounds.warmUp();
    const closed = rounds.current!;
    const { versions, tidy } = store.transaction(() => {
      const published = markPublished();
      if (this.#evaluations.isDue(closed.round)) this.#evaluations.request(published, closed.cohort);
      run.lastProgressAt = published[0]!.publishedAt!;
      // The next round opens in the same commit; if it cannot yet, the next step says why.
      if (!rounds.isLast && run.state === 'running') rounds.open();
      else store.publications.add(`federation:${federation.id}`);
      store.runs.put(run);
      return { versions: published, tidy: rounds.forget(closed) };
    });
    for (const { number, group } of versions) this.#context.versionChanged(federation.id, number, group);
    this.#context.runChanged(run.id);
    this.#tidy(tidy);
    return true;
  }

  async #openRound(): Promise<boolean> {
    const { store, run, federation } = this.#context;
    const bases = await this.#preparation.advance();
    if ('waitsFor' in bases) {
      this.#wait(bases);
      return false;
    }
    const unpublished = bases.filter(({ publishedAt }) => publishedAt === undefined);
    if (unpublished.length > 0) await this.#publishBases(unpublished);
    await this.#rounds.warmUp();
    const waits = store.transaction(() => {
      if (run.baseVersion === undefined) {
        run.baseVersion = bases[0]!.number;
        if ((federation.evaluation?.everyRounds ?? 1) > 0) this.#evaluations.request(bases, []);
      }
      const cannot = this.#rounds.open();
      if (cannot !== undefined) return cannot;
      run.state = runStates.next(run.state, 'proceed');
      run.reason = undefined;
      run.startedAt ??= timestamp();
      store.publications.add(`federation:${federation.id}`);
      store.runs.put(run);
      return undefined;
    });
    this.#context.publisher.poke();
    if (waits === undefined) {
      this.#context.runChanged(run.id);
      return true;
    }
    this.#wait(waits);
    return false;
  }

  async #publishBases(bases: readonly VersionRow[]): Promise<void> {
    const { store, federation, publisher } = this.#context;
    await publisher.publish(bases.map(publicationOf));
    store.transaction(() => {
      for (const base of bases) {
        store.publications.done(publicationOf(base));
        store.versions.notePublished(federation.id, base.number, timestamp(), base.group);
      }
    });
    for (const { number, group } of bases) this.#context.versionChanged(federation.id, number, group);
  }

  /** The state says `running` where jobs are on their way, `waiting` where participants or room are missing. */
  #wait({ waitsFor, kind }: Wait): void {
    const { run, store, federation } = this.#context;
    const state = runStates.next(run.state, kind === 'answers' ? 'proceed' : 'wait');
    if (run.state === state && run.reason === waitsFor) return;
    run.state = state;
    run.reason = waitsFor;
    store.transaction(() => {
      store.runs.put(run);
      store.publications.add(`federation:${federation.id}`);
    });
    this.#context.runChanged(run.id);
    this.#context.publisher.poke();
  }

  #endIfTriedEnough(): boolean {
    const { federation } = this.#context;
    const { round, roundAttempt, reason } = this.#rounds.current!;
    if (roundAttempt < federation.maximumRoundAttempts) return false;
    this.#end('failed', `round ${round} was tried ${roundAttempt} times: ${reason}`);
    return true;
  }

  #completeIfEvaluated(): void {
    if (this.#evaluations.someOpen) return;
    const { run, store } = this.#context;
    const incomplete = store.evaluations.requests(run.id).flatMap(({ group, number, reason }) => {
      const of = group === MAIN_GROUP ? '' : ` of group ${group}`;
      return reason === undefined
        ? []
        : [`the evaluation of version ${number}${of} is incomplete: ${reason}`];
    });
    this.#end(
      runStates.next(run.state, 'complete'),
      incomplete.length === 0 ? undefined : incomplete.join('; '),
    );
  }

  #end(state: RunRow['state'], reason: string | undefined): void {
    const { run, store, federation, queue, log } = this.#context;
    if (run.endedAt !== undefined) return;
    const tidy = store.transaction(() => {
      this.#rounds.end(`the run was ${state}`);
      this.#evaluations.abandon();
      run.state = state;
      run.reason = reason;
      run.endedAt = timestamp();
      run.lastProgressAt = run.endedAt;
      store.runs.put(run);
      store.publications.add(`federation:${federation.id}`);
      return this.#rounds.forget(undefined);
    });
    this.#preparation.abandon();
    this.#rounds.abandon();
    log.info({ event: 'run.ended', run: run.id, state, reason });
    queue.dropRun(run.id).catch((thrown: unknown) => {
      log.warn({ event: 'run.drop.failed', run: run.id, error: toCodedError(thrown).message });
    });
    this.#tidy(tidy);
    this.#context.publisher.poke();
    this.#context.runChanged(run.id);
    this.#ended();
  }

  /** What is done after a commit may be left undone by a kill; it costs some space then, nothing else. */
  #tidy(work: () => Promise<void>): void {
    work().catch((thrown: unknown) => {
      this.#context.log.warn({
        event: 'run.tidy.failed',
        run: this.run.id,
        error: toCodedError(thrown).message,
      });
    });
  }

  /** What may come right is tried again; what cannot ends the run. */
  #fail(error: CodedError): void {
    const { run, log, store } = this.#context;
    log.warn({ event: 'run.step.failed', run: run.id, code: error.code }, error.message);
    try {
      Object.assign(run, store.runs.get(run.id));
      this.#rounds.recover();
      if (this.#patience.isLasting(error)) {
        this.#end('failed', `${error.code}: ${error.message}`);
        return;
      }
    } catch (thrown) {
      // Such as a disk that is full: the run ends when that can be stored.
      log.error({ event: 'run.fail.failed', run: run.id, error: toCodedError(thrown).message });
    }
    this.#patience.wait(error);
    this.#context.runChanged(run.id);
  }
}
