import type { Pipeline } from '../../../learning/pipeline/pipeline.ts';
import type { SpoolCompression } from '../../../learning/pipeline/spool-reducer.ts';
import { readSpooledHeader } from '../../../learning/pipeline/spooled-tensors.ts';
import { decideRound, roundStates } from '../../../learning/round.ts';
import { MAIN_GROUP, type Strategy } from '../../../learning/strategies/strategy.ts';
import type { TensorSpec } from '../../../learning/weights/tensor.ts';
import { CodedError, toCodedError } from '../../../runtime/errors.ts';
import { timestamp } from '../clock.ts';
import {
  type FoldedContribution,
  type FoldedRound,
  type FoldedVersion,
  foldRound,
  type Refused,
} from '../fold/fold-round.ts';
import { OpenFiles } from '../fold/open-files.ts';
import { publicationOf } from '../publishing/publication-name.ts';
import type { RoundKey, RoundRow } from '../store/round-table.ts';
import type { VersionRow } from '../store/version-table.ts';
import { forgetBefore, forgetCounted } from './forget-before.ts';
import { noteRemoved } from './job-endings.ts';
import { goLive, type LiveRound, planRound, queueRound } from './open-round.ts';
import { Outstanding } from './outstanding.ts';
import { ownGroups } from './own-groups.ts';
import { planBuffer } from './plan-buffer.ts';
import { basesOf, groupsFor, type PlanState } from './plan-groups.ts';
import { quorumReason } from './quorum-reason.ts';
import { lacksRoom } from './room-for-round.ts';
import { eligible, type RunContext } from './run-context.ts';
import { compressionOf, pipelineOf, sumBoundsOf } from './run-pipeline.ts';
import { planState } from './strategy-state.ts';
import type { Wait } from './wait.ts';

/** How often a disk without room for a round is looked at. */
const ROOM_INTERVAL_MS = 2_000;

/** The rounds of one run: opens, tends, closes, folds and publishes them, one at a time. */
export class Rounds {
  readonly #context: RunContext;
  readonly #strategy: Strategy;
  readonly #pipeline: Pipeline;
  readonly #lastCounted: Map<string, string>;
  readonly #groups: Map<string, string>;
  /** Where versions are made of whatever updates have come. */
  readonly #outstanding: Outstanding | undefined;
  /** The current or last attempt. */
  #row: RoundRow | undefined;
  #live: LiveRound | undefined;
  /** Tensors of the model, the same in all its versions. */
  #tensors: readonly TensorSpec[] | undefined;
  /** What the strategy goes by when it plans the next round. */
  #state: PlanState | undefined;
  #openedMs = performance.now();
  #roomTimer: NodeJS.Timeout | undefined;

  constructor(context: RunContext, strategy: Strategy) {
    this.#context = context;
    this.#strategy = strategy;
    this.#pipeline = pipelineOf(context.federation);
    this.#row = context.store.rounds.last(context.run.id);
    this.#lastCounted = context.store.contributions.lastCounted(context.run.id);
    this.#groups = context.store.contributions.groups(context.run.id);
    if (strategy.trigger.kind === 'buffer') this.#outstanding = new Outstanding(context);
  }

  get strategy(): Strategy {
    return this.#strategy;
  }

  get pipeline(): Pipeline {
    return this.#pipeline;
  }

  /** The sha256 of each participant's last update that counted. */
  get lastCounted(): ReadonlyMap<string, string> {
    return this.#lastCounted;
  }

  /** The group whose model each of these participants uses. */
  ownGroups(ids: readonly string[]): ReadonlyMap<string, string> {
    const state = this.#state ?? planState(this.#context, this.#strategy);
    return ownGroups(this.#context, this.#strategy, state, this.#groups, ids);
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

  /** Whether updates stay when their version is made: a sum is all that is ever needed of what only adds up. */
  get #keepsUpdates(): boolean {
    return this.#strategy.reduction.kind !== 'sum';
  }

  get isLast(): boolean {
    const row = this.#row;
    return row?.version !== undefined && row.round === this.#context.run.totalRounds;
  }

  /** The round that takes updates of this key now. */
  live(key: RoundKey): LiveRound | undefined {
    if (this.#outstanding !== undefined) return this.isLast ? undefined : this.#outstanding.get(key);
    const live = this.#live;
    if (live === undefined || live.row.round !== key.round || live.row.roundAttempt !== key.roundAttempt)
      return undefined;
    return this.isLive ? live : undefined;
  }

  isOpenFor(key: RoundKey): boolean {
    if (this.#outstanding !== undefined) return this.live(key) !== undefined;
    return this.isLive && this.#row?.round === key.round && this.#row.roundAttempt === key.roundAttempt;
  }

  remainingMs(): number | undefined {
    return this.isLive ? this.#live?.deadline.remainingMs : undefined;
  }

  requeue(): void {
    if (this.#live !== undefined) this.#live.queued = false;
    for (const live of this.#outstanding?.open() ?? []) live.queued = false;
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
      this.#outstanding?.add(this.#live);
    } else {
      this.#live.deadline.cancel();
      this.#live = undefined;
    }
  }

  /** Makes a round that was open when the aggregator ended take updates again. */
  async resume(): Promise<void> {
    const row = this.#row;
    if (row === undefined || this.#live !== undefined) return;
    if (!this.isLive && this.#outstanding === undefined) return;
    await this.warmUp();
    if (this.#outstanding !== undefined) this.#resumeOutstanding(row);
    if (this.isLive) this.#live ??= this.#goLive(row);
  }

  /** Reads what the next round needs, before the transaction that opens it. */
  async warmUp(): Promise<void> {
    const { store, federation } = this.#context;
    this.#state = planState(this.#context, this.#strategy);
    if (this.#tensors !== undefined) return;
    const files = new OpenFiles();
    try {
      const { sha256 } = store.versions.newest(federation.id)!;
      const { tensors } = readSpooledHeader(files, store.versionFiles.path(sha256));
      this.#tensors = tensors.map(({ name, shape }) => ({ name, shape }));
    } finally {
      files.close();
    }
  }

  /**
   * Forgets updates and jobs that nobody asks for again; part of the caller's transaction.
   * @param closed the round that was published; undefined when the run has ended.
   * @returns what is left to be done after the commit.
   */
  forget(closed: RoundRow | undefined): () => Promise<void> {
    const outstanding = this.#outstanding;
    if (outstanding === undefined) {
      return forgetBefore(this.#context, (closed ?? this.#row)?.round ?? 0, closed, this.#keepsUpdates);
    }
    return forgetCounted(this.#context, closed?.round, (row) => outstanding.isAwaited(row));
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
  open(): Wait | undefined {
    const last = this.#row;
    const repeats = last !== undefined && last.version === undefined;
    const next = {
      strategy: this.#strategy,
      state: this.#state!,
      round: last === undefined ? 1 : repeats ? last.round : last.round + 1,
      roundAttempt: repeats ? last.roundAttempt + 1 : 1,
      missed: repeats ? this.#missed(last) : new Set<string>(),
    };
    const plan =
      this.#outstanding === undefined
        ? planRound(this.#context, next)
        : planBuffer(this.#context, next, this.#buffer(this.#outstanding));
    if ('waitsFor' in plan) return plan;
    const lacking = lacksRoom(this.#context, this.#strategy, this.#bytesOf(plan), plan.cohort.length);
    if (lacking !== undefined) {
      this.#lookAgainForRoom();
      return lacking;
    }
    const { store } = this.#context;
    if (last?.state === 'published') store.rounds.put(this.#ended(last, 'complete'));
    store.rounds.put(plan);
    this.#live?.deadline.cancel();
    this.#row = plan;
    this.#live = this.#goLive(plan);
    this.#outstanding?.add(this.#live);
    this.#openedMs = performance.now();
    return undefined;
  }

  /** Queues the open round and closes it when it is time. @returns whether its state changed. */
  async tend(): Promise<boolean> {
    const live = this.#live!;
    if (this.#outstanding !== undefined) return this.#tendBuffer(live, this.#outstanding);
    const { store } = this.#context;
    noteRemoved(this.#context, live.row);
    if (this.#isPlainlyCollecting(live)) return false;
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
      await this.#queue(live);
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

  /**
   * Folds the closed round's contributions into the next versions, by compare-and-set on their predecessors.
   * @returns whether it made any; if not, gates held back too many and the attempt has failed.
   */
  async aggregate(): Promise<boolean> {
    const { store, federation, run, metrics } = this.#context;
    const row = this.#row!;
    const contributions = this.#collected(row);
    const began = performance.now();
    const folded = await foldRound({
      store,
      pool: this.#context.foldPool,
      strategy: this.#strategy,
      stages: this.#pipeline.aggregator,
      compression: this.#compression(),
      bases: this.#basesOf(row),
      currents: new Map(store.versions.currents(federation.id).map((version) => [version.group, version])),
      stateOf: store.versions.newest(federation.id)!,
      contributions,
      quorum: row.quorum,
      seed: run.seed,
      round: row.round,
      participantCount: eligible(this.#context).length,
      bounds: sumBoundsOf(federation, Math.max(row.cohort.length, row.quorum)),
    });
    metrics.foldSeconds.observe((performance.now() - began) / 1000);
    const at = timestamp();
    const versions = folded.versions.map((each) => versionOf(this.#context, row, each, at));
    store.transaction(() => {
      this.#noteRefused(row, contributions, folded, at);
      if (versions.length === 0) {
        this.fail(gatedReason(row, contributions.length, folded.refused));
        return;
      }
      for (const [index, version] of versions.entries()) {
        if (!store.versions.insert(version, folded.versions[index]!.predecessor)) {
          throw new CodedError(
            'E_RUN_FAILED',
            `version ${version.number} of ${federation.id} exists already and is not of round ${row.round}`,
          );
        }
        if (folded.state !== undefined) store.strategyStates.put(version, folded.state);
        store.publications.add(publicationOf(version));
      }
      for (const { contribution } of contributions) {
        const group = folded.counted.get(contribution.participant);
        if (group !== undefined) store.contributions.count(contribution, row.round, groupColumn(group));
      }
      const [first] = versions;
      row.version = (versions.find(({ group }) => group === MAIN_GROUP) ?? first!).number;
      row.versions = isMainAlone(versions)
        ? undefined
        : versions.map(({ group, number }) => ({ group, number }));
      store.rounds.put(row);
      run.lastProgressAt = at;
      store.runs.put(run);
    });
    this.#noteCounted(folded, contributions);
    return versions.length > 0;
  }

  /** Lets the AAS show the round's versions, and marks them in the caller's transaction by the returned function. */
  async publish(): Promise<() => VersionRow[]> {
    const { store, federation, publisher, metrics } = this.#context;
    const row = this.#row!;
    const made = row.versions ?? [{ group: MAIN_GROUP, number: row.version! }];
    const versions = made.map(({ group, number }) => store.versions.get(federation.id, number, group)!);
    const began = performance.now();
    await publisher.publish(versions.map(publicationOf));
    metrics.publishSeconds.observe((performance.now() - began) / 1000);
    return () => {
      const at = timestamp();
      for (const version of versions) {
        store.publications.done(publicationOf(version));
        store.versions.notePublished(federation.id, version.number, at, version.group);
      }
      row.state = roundStates.next(row.state, 'publish');
      row.endedAt = at;
      store.rounds.put(row);
      metrics.rounds.inc({ state: 'published' });
      metrics.roundSeconds.observe((performance.now() - this.#openedMs) / 1000);
      return versions.map((version) => ({ ...version, publishedAt: at }));
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

  #bytesOf({ baseNumber }: RoundRow): number {
    const { store, federation } = this.#context;
    return store.versions.get(federation.id, baseNumber)?.bytes ?? 0;
  }

  /** Nobody says when there is room again. */
  #lookAgainForRoom(): void {
    this.#roomTimer ??= setTimeout(() => {
      this.#roomTimer = undefined;
      this.#context.poke();
    }, ROOM_INTERVAL_MS).unref();
  }

  /** Looked at after each update of a large cohort: without reading the others. */
  #isPlainlyCollecting({ row, queued, deadline }: LiveRound): boolean {
    if (!queued || deadline.hasPassed) return false;
    const { contributions } = this.#context.store;
    return contributions.countOfRound(row) < row.cohort.length && contributions.gaveUp(row).length === 0;
  }

  #ended(row: RoundRow, event: 'complete'): RoundRow {
    row.state = roundStates.next(row.state, event);
    return row;
  }

  #missed(last: RoundRow): ReadonlySet<string> {
    const { contributions } = this.#context.store;
    const refused = new Set(contributions.refusalsOfRound(last).map(({ participant }) => participant));
    const contributed = contributions.ofRound(last).map(({ participant }) => participant);
    const answered = new Set(contributed.filter((id) => !refused.has(id)));
    return new Set(last.cohort.filter((id) => !answered.has(id)));
  }

  #goLive(row: RoundRow): LiveRound {
    const live = goLive(this.#context, row, this.#strategy, this.#tensors!);
    if (this.#outstanding === undefined) return live;
    return { ...live, staleness: () => (this.#row?.baseNumber ?? row.baseNumber) - row.baseNumber };
  }

  async #queue(live: LiveRound): Promise<void> {
    await queueRound(this.#context, live, this.#lastCounted);
    if (live.row.state === 'open') {
      live.row.state = roundStates.next(live.row.state, 'collect');
      if (this.#outstanding === undefined) live.unstored = true;
      else this.#context.store.rounds.put(live.row);
    }
    this.#context.runChanged(live.row.run);
  }

  /** Queues what is out and closes the round once enough updates have come, whosever they are. */
  async #tendBuffer(live: LiveRound, outstanding: Outstanding): Promise<boolean> {
    const { store, run } = this.#context;
    const out = outstanding.open();
    for (const { row: asked } of out) noteRemoved(this.#context, asked);
    const pending = store.contributions.pending(run.id).length;
    const row = this.#row!;
    const isLate = live.deadline.hasPassed;
    if (pending < row.quorum && !isLate && pending + outstanding.busy().size >= row.quorum) {
      for (const each of [...new Set([...out, live])]) if (!each.queued) await this.#queue(each);
      return false;
    }
    if (row.state === 'open') row.state = roundStates.next(row.state, 'collect');
    live.deadline.cancel();
    if (pending >= row.quorum) {
      row.state = roundStates.next(row.state, 'close');
      store.rounds.put(row);
    } else {
      store.transaction(() => {
        if (isLate) outstanding.giveUp();
        this.fail(
          `E_QUORUM_MISSED: ${pending} of ${row.quorum} updates came; they count in the next attempt`,
        );
      });
    }
    this.#context.runChanged(row.run);
    return true;
  }

  #buffer(outstanding: Outstanding): Parameters<typeof planBuffer>[2] {
    const { store, run } = this.#context;
    outstanding.open();
    const pending = store.contributions.pending(run.id);
    const waiting = new Set(pending.map(({ participant }) => participant));
    // A strategy without a buffer has nothing outstanding.
    const needed = this.#strategy.trigger.kind === 'buffer' ? this.#strategy.trigger.of : 1;
    return { needed, busy: outstanding.busy(), waiting };
  }

  #resumeOutstanding(current: RoundRow): void {
    const { store, run } = this.#context;
    for (const row of store.rounds.ofRun(run.id)) {
      if (!this.#outstanding!.isAwaited(row)) continue;
      const isCurrent = row.round === current.round && row.roundAttempt === current.roundAttempt;
      const live = this.#goLive(isCurrent ? current : row);
      if (isCurrent && this.isLive) this.#live = live;
      else live.deadline.cancel();

      this.#outstanding!.add(live);
    }
    this.#outstanding!.open();
  }

  /** What a closed round is made of. */
  #collected(row: RoundRow): FoldedContribution[] {
    const { store, run } = this.#context;
    if (this.#outstanding === undefined) {
      return store.contributions.ofRound(row).map((contribution) => {
        return { contribution, groups: groupsFor(row, contribution.participant), staleness: 0 };
      });
    }
    return store.contributions
      .pending(run.id)
      .slice(0, row.quorum)
      .map((contribution) => {
        const asked = store.rounds.get(contribution)!;
        const staleness = row.baseNumber - asked.baseNumber;
        return { contribution, groups: groupsFor(asked, contribution.participant), staleness };
      });
  }

  #basesOf(row: RoundRow): ReadonlyMap<string, VersionRow> {
    const { store, federation } = this.#context;
    return new Map(
      basesOf(row, 0).map(({ group, version }) => [
        group,
        store.versions.get(federation.id, version.number, version.group)!,
      ]),
    );
  }

  #compression(): SpoolCompression | undefined {
    const compression = compressionOf(this.#pipeline);
    return compression && { ...compression, seed: this.#context.run.seed };
  }

  /** Puts on record what gates held back; part of the caller's transaction. */
  #noteRefused(
    { run, round, roundAttempt }: RoundRow,
    contributions: readonly FoldedContribution[],
    { refused }: FoldedRound,
    at: string,
  ): void {
    const { store, metrics } = this.#context;
    for (const { participant, code, message } of refused) {
      store.contributions.refuse({ run, round, roundAttempt, participant, code, message, gaveUp: false, at });
      metrics.refusals.inc({ code });
      const of = contributions.find(({ contribution }) => contribution.participant === participant);
      store.contributions.count(of!.contribution, 0, undefined);
    }
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

  #noteCounted(folded: FoldedRound, contributions: readonly FoldedContribution[]): void {
    for (const { contribution } of contributions) {
      const { participant, sha256 } = contribution;
      const group = folded.counted.get(participant);
      if (group === undefined) continue;
      this.#lastCounted.set(participant, sha256);
      this.#groups.set(participant, group);
    }
    this.#tensors = folded.tensors;
    this.#context.metrics.contributions.inc(folded.counted.size);
  }
}

function versionOf(
  { federation, run }: RunContext,
  { round }: RoundRow,
  { group, number, sha256, bytes, parent, contributors, exampleCount }: FoldedVersion,
  createdAt: string,
): VersionRow {
  return {
    federation: federation.id,
    group,
    number,
    sha256,
    bytes,
    run: run.id,
    round,
    parent: parent.sha256,
    contributors,
    exampleCount,
    numerics: run.numerics,
    createdAt,
    publishedAt: undefined,
  };
}

function gatedReason({ quorum }: RoundRow, count: number, refused: readonly Refused[]): string {
  const why = refused.map(({ participant, code, message }) => `${participant}: ${code} ${message}`);
  const left = count - refused.length;
  return `E_QUORUM_MISSED: ${left} of ${quorum} contributions needed passed the gates (${why.join('; ')})`;
}

/** Where there is one model, nothing is noted. */
function groupColumn(group: string): string | undefined {
  return group === MAIN_GROUP ? undefined : group;
}

function isMainAlone(versions: readonly VersionRow[]): boolean {
  return versions.length === 1 && versions[0]!.group === MAIN_GROUP;
}
