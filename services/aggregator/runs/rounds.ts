import { readFile } from 'node:fs/promises';
import { boundsOf, LARGEST_FACTOR_SUM } from '../../../learning/aggregation/grid.ts';
import { decideRound, roundStates } from '../../../learning/round.ts';
import type { Strategy } from '../../../learning/strategies/strategy.ts';
import { readSafetensorsHeader } from '../../../learning/weights/safetensors.ts';
import type { TensorSpec } from '../../../learning/weights/tensor.ts';
import { CodedError, toCodedError } from '../../../runtime/errors.ts';
import { timestamp } from '../clock.ts';
import { type FoldedVersion, foldVersion } from '../fold/fold-version.ts';
import type { RoundKey, RoundRow } from '../store/round-table.ts';
import type { VersionRow } from '../store/version-table.ts';
import { noteRemoved } from './job-endings.ts';
import { goLive, type LiveRound, planRound, queueRound } from './open-round.ts';
import { quorumReason } from './quorum-reason.ts';
import { eligible, type RunContext } from './run-context.ts';
import type { Wait } from './wait.ts';

/** The rounds of one run: opens, tends, closes, folds and publishes them, one at a time. */
export class Rounds {
  readonly #context: RunContext;
  readonly #strategy: Strategy;
  readonly #lastCounted: Map<string, string>;
  /** The current or last attempt. */
  #row: RoundRow | undefined;
  #live: LiveRound | undefined;
  /** Tensors of the version with that sha256, so that its file is not read for each round. */
  #tensors: { sha256: string; specs: readonly TensorSpec[] } | undefined;
  #openedMs = performance.now();

  constructor(context: RunContext, strategy: Strategy) {
    this.#context = context;
    this.#strategy = strategy;
    this.#row = context.store.rounds.last(context.run.id);
    this.#lastCounted = context.store.contributions.lastCounted(context.run.id);
  }

  get strategy(): Strategy {
    return this.#strategy;
  }

  get current(): RoundRow | undefined {
    return this.#row;
  }

  get isLive(): boolean {
    return this.#row?.state === 'open' || this.#row?.state === 'collecting';
  }

  /** Whether the current round's version is not yet shown by the AAS. */
  get isClosing(): boolean {
    return this.#row?.state === 'aggregating';
  }

  get isLast(): boolean {
    const row = this.#row;
    return row?.version !== undefined && row.round === this.#context.run.totalRounds;
  }

  /** The round that takes updates of this key now. */
  live(key: RoundKey): LiveRound | undefined {
    const live = this.#live;
    if (live === undefined || live.row.round !== key.round || live.row.roundAttempt !== key.roundAttempt)
      return undefined;
    return this.isLive ? live : undefined;
  }

  isOpenFor(key: RoundKey): boolean {
    return this.isLive && this.#row?.round === key.round && this.#row.roundAttempt === key.roundAttempt;
  }

  remainingMs(): number | undefined {
    return this.isLive ? this.#live?.deadline.remainingMs : undefined;
  }

  requeue(): void {
    if (this.#live !== undefined) this.#live.queued = false;
  }

  suspend(): void {
    if (this.isLive) this.#live?.deadline.suspend();
  }

  /** Goes back to what is stored, after a transaction that was rolled back. */
  recover(): void {
    const stored = this.#context.store.rounds.last(this.#context.run.id);
    const same = stored?.round === this.#row?.round && stored?.roundAttempt === this.#row?.roundAttempt;
    this.#row = stored;
    if (this.#live === undefined) return;
    if (same && stored !== undefined && this.isLive) {
      this.#live = { ...this.#live, row: stored };
    } else {
      this.#live.deadline.cancel();
      this.#live = undefined;
    }
  }

  /** Makes a round that was open when the aggregator ended take updates again. */
  async resume(): Promise<void> {
    const row = this.#row;
    if (row === undefined || !this.isLive || this.#live !== undefined) return;
    const base = this.#context.store.versions.get(this.#context.federation.id, row.baseNumber)!;
    this.#live = goLive(this.#context, row, base, await this.#tensorsOf(base));
  }

  /** Reads what the next round needs, before the transaction that opens it. */
  async warmUp(base: VersionRow): Promise<void> {
    await this.#tensorsOf(base);
  }

  /** Lets go of the current attempt: the run has ended. */
  abandon(): void {
    this.#live?.deadline.cancel();
  }

  /**
   * Opens the round after the current one, or its next attempt; part of the caller's transaction, which must come
   * after `warmUp`.
   * @returns why it cannot open yet, else undefined.
   */
  open(base: VersionRow): Wait | undefined {
    const last = this.#row;
    const repeats = last !== undefined && last.version === undefined;
    const round = last === undefined ? 1 : repeats ? last.round : last.round + 1;
    const attempt = repeats ? last.roundAttempt + 1 : 1;
    const plan = planRound(this.#context, base, round, attempt, repeats ? this.#missed(last) : new Set());
    if ('waitsFor' in plan) return plan;
    const { store } = this.#context;
    if (last?.state === 'published') store.rounds.put(this.#ended(last, 'complete'));
    store.rounds.put(plan);
    this.#row = plan;
    this.#live = goLive(this.#context, plan, base, this.#tensors!.specs);
    this.#openedMs = performance.now();
    return undefined;
  }

  /** Queues the open round and closes it when it is time. @returns whether its state changed. */
  async tend(): Promise<boolean> {
    const live = this.#live!;
    const { store } = this.#context;
    noteRemoved(this.#context, live.row);
    const contributions = store.contributions.ofRound(live.row);
    const contributed = new Set(contributions.map((contribution) => contribution.participant));
    const gaveUp = store.contributions.gaveUp(live.row).filter((id) => !contributed.has(id));
    const decision = decideRound({
      cohortSize: live.row.cohort.length,
      quorum: live.row.quorum,
      contributions: contributed.size,
      failures: gaveUp.length,
      deadlinePassed: live.deadline.hasPassed,
    });
    if (decision === 'collecting') {
      if (live.queued) return false;
      await queueRound(this.#context, live, this.#lastCounted);
      if (live.row.state === 'open') {
        live.row.state = roundStates.next(live.row.state, 'collect');
        live.unstored = true;
      }
      this.#context.runChanged(live.row.run);
      return false;
    }
    const row = this.#row!;
    if (row.state === 'open') row.state = roundStates.next(row.state, 'collect');
    const unfinished = row.cohort.filter((id) => !contributed.has(id) && !gaveUp.includes(id));
    if (decision === 'aggregate') {
      row.state = roundStates.next(row.state, 'close');
      // Where everybody answered nothing can change before the version is stored, which stores this too.
      if (unfinished.length > 0) store.rounds.put(row);
    } else {
      const reason = quorumReason(store, row, contributed.size, { gaveUp, unfinished });
      store.transaction(() => this.fail(reason));
    }
    live.deadline.cancel();
    if (unfinished.length > 0) this.#detach(row);
    this.#context.runChanged(row.run);
    return true;
  }

  /** Folds the closed round's contributions into the next version, by compare-and-set on its predecessor. */
  async aggregate(): Promise<void> {
    const { store, federation, run, metrics } = this.#context;
    const row = this.#row!;
    const contributions = store.contributions.ofRound(row);
    const base = store.versions.get(federation.id, row.baseNumber)!;
    const began = performance.now();
    const folded = await foldVersion({
      store,
      pool: this.#context.foldPool,
      strategy: this.#strategy,
      base,
      contributions,
      seed: run.seed,
      round: row.round,
      participantCount: eligible(this.#context).length,
      bounds: {
        ...boundsOf(federation.aggregation?.bounds ?? {}),
        maximumFactorSum: Math.min(
          LARGEST_FACTOR_SUM,
          row.cohort.length * federation.profile.examples.maximum,
        ),
      },
    });
    metrics.foldSeconds.observe((performance.now() - began) / 1000);
    const at = timestamp();
    const version: VersionRow = {
      federation: federation.id,
      number: base.number + 1,
      sha256: folded.sha256,
      bytes: folded.bytes,
      run: run.id,
      round: row.round,
      parent: base.sha256,
      contributors: contributions.map((contribution) => contribution.participant),
      exampleCount: folded.exampleCount,
      numerics: run.numerics,
      createdAt: at,
      publishedAt: undefined,
    };
    store.transaction(() => {
      if (!store.versions.insert(version)) {
        throw new CodedError(
          'E_RUN_FAILED',
          `version ${version.number} of ${federation.id} exists already and is not of round ${row.round}`,
        );
      }
      if (folded.state !== undefined) store.strategyStates.put(federation.id, version.number, folded.state);
      store.publications.add(publicationOf(version));
      row.version = version.number;
      store.rounds.put(row);
      run.lastProgressAt = at;
      store.runs.put(run);
    });
    this.#noteCounted(folded, contributions);
  }

  /** Lets the AAS show the version, and marks it in the caller's transaction by the returned function. */
  async publish(): Promise<() => VersionRow> {
    const { store, federation, publisher, metrics } = this.#context;
    const row = this.#row!;
    const version = store.versions.get(federation.id, row.version!)!;
    const began = performance.now();
    await publisher.publish([publicationOf(version)]);
    metrics.publishSeconds.observe((performance.now() - began) / 1000);
    return () => {
      const at = timestamp();
      store.publications.done(publicationOf(version));
      store.versions.notePublished(federation.id, version.number, at);
      row.state = roundStates.next(row.state, 'publish');
      row.endedAt = at;
      store.rounds.put(row);
      metrics.rounds.inc({ state: 'published' });
      metrics.roundSeconds.observe((performance.now() - this.#openedMs) / 1000);
      return { ...version, publishedAt: at };
    };
  }

  /** Ends the current attempt without a version; part of the caller's transaction. */
  fail(reason: string): void {
    const row = this.#row!;
    row.state = roundStates.next(row.state, 'fail');
    row.reason = reason;
    row.endedAt = timestamp();
    this.#context.store.rounds.put(row);
    this.#context.metrics.rounds.inc({ state: 'failed' });
  }

  /** Ends the current attempt with its run, whatever it was doing; part of the caller's transaction. */
  end(reason: string): void {
    const row = this.#row;
    if (row === undefined) return;
    if (this.isLive || (this.isClosing && row.version === undefined)) {
      this.fail(reason);
    } else if (this.isClosing) {
      // The version is made; the publisher has it in its outbox.
      row.state = roundStates.next(row.state, 'publish');
      row.reason = reason;
      row.endedAt = timestamp();
    }
    if (row.state === 'published') this.#context.store.rounds.put(this.#ended(row, 'complete'));
  }

  #ended(row: RoundRow, event: 'complete'): RoundRow {
    row.state = roundStates.next(row.state, event);
    return row;
  }

  #missed(last: RoundRow): ReadonlySet<string> {
    const contributed = this.#context.store.contributions.ofRound(last);
    const answered = new Set(contributed.map((contribution) => contribution.participant));
    return new Set(last.cohort.filter((id) => !answered.has(id)));
  }

  /** Takes the unfinished jobs out of the queue; the late updates are refused anyway. */
  #detach({ run, round, roundAttempt }: RoundRow): void {
    this.#context.queue.closeRound({ run, round, roundAttempt }).catch((thrown: unknown) => {
      this.#context.log.warn({
        event: 'round.close.failed',
        run,
        round,
        error: toCodedError(thrown).message,
      });
    });
  }

  async #tensorsOf(version: VersionRow): Promise<readonly TensorSpec[]> {
    if (this.#tensors?.sha256 === version.sha256) return this.#tensors.specs;
    const file = await readFile(this.#context.store.versionFiles.path(version.sha256));
    const specs = readSafetensorsHeader(file).tensors.map(({ name, shape }) => ({ name, shape }));
    this.#tensors = { sha256: version.sha256, specs };
    return specs;
  }

  #noteCounted(
    folded: FoldedVersion,
    contributions: readonly { participant: string; sha256: string }[],
  ): void {
    for (const { participant, sha256 } of contributions) this.#lastCounted.set(participant, sha256);
    this.#tensors = { sha256: folded.sha256, specs: folded.tensors };
    this.#context.metrics.contributions.inc(contributions.length);
  }
}

function publicationOf(version: VersionRow): string {
  return `version:${version.federation}:${version.number}`;
}
