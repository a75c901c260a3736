import { MAIN_GROUP } from '../../../learning/strategies/strategy.ts';
import type { EvaluateJob } from '../../../openapi/schemas.ts';
import { publicationOf } from '../publishing/publication-name.ts';
import type { EvaluationRequest } from '../store/evaluation-table.ts';
import { present } from '../store/present.ts';
import type { VersionRow } from '../store/version-table.ts';
import type { Deadline } from './deadline.ts';
import type { Rounds } from './rounds.ts';
import { eligible, openDeadline, type RunContext } from './run-context.ts';

/** Participants whose last counted updates an evaluate job names. */
const MOST_NAMED = 256;

interface OpenEvaluation {
  readonly group: string;
  readonly number: number;
  readonly participants: readonly string[];
  readonly deadline: Deadline;
  /** Whether the queue has its jobs. */
  queued: boolean;
}

/** The evaluations of one run: who was asked to score which version, until all answered or the time is over. */
export class Evaluations {
  readonly #context: RunContext;
  readonly #rounds: Rounds;
  readonly #open = new Map<string, OpenEvaluation>();

  constructor(context: RunContext, rounds: Rounds) {
    this.#context = context;
    this.#rounds = rounds;
  }

  get someOpen(): boolean {
    return this.#context.store.evaluations.openRequests(this.#context.run.id).length > 0;
  }

  /** Whether the federation wants the version that a round made to be scored. The last one always is. */
  isDue(round: number): boolean {
    const every = this.#context.federation.evaluation?.everyRounds ?? 1;
    return every > 0 && (round % every === 0 || round === this.#context.run.totalRounds);
  }

  /**
   * Notes that every ready participant of the federation is to score that of the versions which is its model, also one
   * that the run does not train on. The `cohort` that made the versions scores in any case: its data sets are frozen, and
   * one that restarts while the round closes is ready again later. Part of the caller's transaction.
   */
  request(versions: readonly VersionRow[], cohort: readonly string[]): void {
    const { run, store, participants, federation } = this.#context;
    const made = new Set(cohort);
    const asked = participants
      .admittedTo(federation.id)
      .filter((id) => made.has(id) || participants.isReady(id, federation.id));
    const groups = this.#rounds.ownGroups(asked);
    for (const { number, group } of versions) {
      if (store.evaluations.request(run.id, number, group) !== undefined) continue;
      const own = asked.filter((id) => groups.get(id) === group);
      if (own.length > 0) store.evaluations.ask(run.id, number, own, group);
    }
  }

  /** Gives the open evaluations to the queue again: it may have lost them. */
  requeue(): void {
    for (const evaluation of this.#open.values()) evaluation.queued = false;
  }

  /** Queues what is not queued and closes what is done or late. @throws CodedError `E_REDIS_UNREACHABLE` */
  async tend(): Promise<void> {
    const { run, store } = this.#context;
    for (const request of store.evaluations.openRequests(run.id)) {
      if (!this.#open.has(nameOf(request))) this.#watch(request);
    }
    for (const evaluation of [...this.#open.values()]) {
      if (this.#closeIfDone(evaluation)) continue;
      if (!evaluation.queued) await this.#queue(evaluation);
    }
  }

  /** Forgets what is open, as the run has ended; part of the caller's transaction. */
  abandon(): void {
    const { run, store } = this.#context;
    for (const { number, group } of store.evaluations.openRequests(run.id)) {
      store.evaluations.close(run.id, number, 'the run ended', group);
    }
    for (const { deadline } of this.#open.values()) deadline.cancel();
    this.#open.clear();
  }

  suspend(): void {
    for (const { deadline } of this.#open.values()) deadline.suspend();
  }

  #watch({ group, number, participants }: EvaluationRequest): void {
    const name = nameOf({ group, number });
    const deadline = openDeadline(this.#context, `evaluation:${this.#context.run.id}:${name}`);
    this.#open.set(name, { group, number, participants, deadline, queued: false });
  }

  #closeIfDone({ group, number, participants, deadline }: OpenEvaluation): boolean {
    const { run, store } = this.#context;
    const answers = store.evaluations.answers(run.id, number, group);
    const missing = participants.filter((id) => !answers.has(id));
    if (missing.some((id) => this.#isAwaited(id)) && !deadline.hasPassed) return false;
    const reasons = [
      ...missing.map((id) => `${id} did not answer in time`),
      ...[...answers].flatMap(([id, failure]) => (failure === undefined ? [] : [`${id}: ${failure}`])),
    ];
    deadline.cancel();
    store.transaction(() => {
      store.evaluations.close(run.id, number, reasons.length === 0 ? undefined : reasons.join('; '), group);
      // Its nameplate shows the figures.
      store.publications.add(publicationOf({ federation: run.federation, group, number }));
    });
    this.#open.delete(nameOf({ group, number }));
    this.#context.publisher.poke();
    this.#context.runChanged(run.id);
    return true;
  }

  /** One of the run is, even if its trainer restarts; an onlooker that went away is not. */
  #isAwaited(participant: string): boolean {
    return eligible(this.#context).includes(participant) || this.#context.participants.isOnline(participant);
  }

  async #queue(evaluation: OpenEvaluation): Promise<void> {
    const { run, store, participants, queue, federation } = this.#context;
    const version = store.versions.get(federation.id, evaluation.number, evaluation.group)!;
    const answers = store.evaluations.answers(run.id, evaluation.number, evaluation.group);
    const pools = new Map<string, string[]>();
    for (const id of evaluation.participants) {
      const pool = participants.poolOf(id);
      if (answers.has(id)) continue;
      if (pool === undefined) {
        store.evaluations.fail(run.id, evaluation.number, id, 'it was taken out', evaluation.group);
        continue;
      }
      const ofPool = pools.get(pool);
      if (ofPool === undefined) pools.set(pool, [id]);
      else ofPool.push(id);
    }
    for (const [pool, ids] of pools) await queue.addPoolJob(pool, this.#job(version, ids));
    evaluation.queued = true;
  }

  #job(version: VersionRow, participants: string[]): EvaluateJob {
    const { run, federation } = this.#context;
    return present({
      kind: 'evaluate' as const,
      run: run.id,
      federation: federation.id,
      version: {
        group: version.group,
        number: version.number,
        sha256: version.sha256,
        bytes: version.bytes,
      },
      participants,
      model: federation.model,
      profile: federation.profile,
      share: federation.share,
      numerics: run.numerics,
      ...this.#ownUse(participants),
    });
  }

  /** What a trainer needs to score the version as each participant uses it, where that is not the version alone. */
  #ownUse(participants: readonly string[]): Partial<EvaluateJob> {
    const { run, federation } = this.#context;
    const { task, isLocal } = this.#rounds.strategy;
    if (isLocal === undefined && task.kind !== 'dual-model' && task.kind !== 'fine-tune') return {};
    const known = participants.flatMap((id) => {
      const sha256 = this.#rounds.lastCounted.get(id);
      return sha256 === undefined ? [] : [[id, sha256] as const];
    });
    return {
      strategy: federation.strategy ?? { key: 'fed-avg' },
      training: { ...federation.training, localEpochs: run.localEpochs, seed: run.seed },
      // A job has room for so many; of the others, what the trainer keeps of the latest is scored.
      ...(known.length > 0 && { lastCountedUpdates: Object.fromEntries(known.slice(0, MOST_NAMED)) }),
    };
  }
}

/** Unique among the run's evaluations; of `main` the number alone. */
function nameOf({ group, number }: Pick<EvaluationRequest, 'group' | 'number'>): string {
  return group === MAIN_GROUP ? String(number) : `${number}:${group}`;
}
