import type { EvaluateJob } from '../../../openapi/schemas.ts';
import { present } from '../store/present.ts';
import type { VersionRow } from '../store/version-table.ts';
import type { Deadline } from './deadline.ts';
import { eligible, openDeadline, type RunContext } from './run-context.ts';

interface OpenEvaluation {
  readonly number: number;
  readonly participants: readonly string[];
  readonly deadline: Deadline;
  /** Whether the queue has its jobs. */
  queued: boolean;
}

/** The evaluations of one run: who was asked to score which version, until all answered or the time is over. */
export class Evaluations {
  readonly #context: RunContext;
  readonly #open = new Map<number, OpenEvaluation>();

  constructor(context: RunContext) {
    this.#context = context;
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
   * Notes that every ready participant of the federation is to score the version, also one that the run does not train
   * on: it is their model, too. The `cohort` that made the version scores it in any case: their data sets are frozen,
   * and one that restarts while the round closes is ready again later. Part of the caller's transaction.
   */
  request(number: number, cohort: readonly string[]): void {
    const { run, store, participants, federation } = this.#context;
    if (store.evaluations.request(run.id, number) !== undefined) return;
    const made = new Set(cohort);
    const asked = participants
      .admittedTo(federation.id)
      .filter((id) => made.has(id) || participants.isReady(id, federation.id));
    if (asked.length === 0) return;
    store.evaluations.ask(run.id, number, asked);
  }

  /** Gives the open evaluations to the queue again: it may have lost them. */
  requeue(): void {
    for (const evaluation of this.#open.values()) evaluation.queued = false;
  }

  /** Queues what is not queued and closes what is done or late. @throws CodedError `E_REDIS_UNREACHABLE` */
  async tend(): Promise<void> {
    const { run, store } = this.#context;
    for (const { number, participants } of store.evaluations.openRequests(run.id)) {
      if (!this.#open.has(number)) this.#watch(number, participants);
    }
    for (const evaluation of [...this.#open.values()]) {
      if (this.#closeIfDone(evaluation)) continue;
      if (!evaluation.queued) await this.#queue(evaluation);
    }
  }

  /** Forgets what is open, as the run has ended; part of the caller's transaction. */
  abandon(): void {
    const { run, store } = this.#context;
    for (const { number } of store.evaluations.openRequests(run.id)) {
      store.evaluations.close(run.id, number, 'the run ended');
    }
    for (const { deadline } of this.#open.values()) deadline.cancel();
    this.#open.clear();
  }

  suspend(): void {
    for (const { deadline } of this.#open.values()) deadline.suspend();
  }

  #watch(number: number, participants: readonly string[]): void {
    const deadline = openDeadline(this.#context, `evaluation:${this.#context.run.id}:${number}`);
    this.#open.set(number, { number, participants, deadline, queued: false });
  }

  #closeIfDone({ number, participants, deadline }: OpenEvaluation): boolean {
    const { run, store } = this.#context;
    const answers = store.evaluations.answers(run.id, number);
    const missing = participants.filter((id) => !answers.has(id));
    if (missing.some((id) => this.#isAwaited(id)) && !deadline.hasPassed) return false;
    const reasons = [
      ...missing.map((id) => `${id} did not answer in time`),
      ...[...answers].flatMap(([id, failure]) => (failure === undefined ? [] : [`${id}: ${failure}`])),
    ];
    deadline.cancel();
    store.transaction(() => {
      store.evaluations.close(run.id, number, reasons.length === 0 ? undefined : reasons.join('; '));
      // Its nameplate shows the figures.
      store.publications.add(`version:${run.federation}:${number}`);
    });
    this.#open.delete(number);
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
    const version = store.versions.get(federation.id, evaluation.number)!;
    const answers = store.evaluations.answers(run.id, evaluation.number);
    const pools = new Map<string, string[]>();
    for (const id of evaluation.participants) {
      const pool = participants.poolOf(id);
      if (answers.has(id)) continue;
      if (pool === undefined) {
        store.evaluations.fail(run.id, evaluation.number, id, 'it was taken out');
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
      version: { group: 'main', number: version.number, sha256: version.sha256, bytes: version.bytes },
      participants,
      model: federation.model,
      profile: federation.profile,
      share: federation.share,
      numerics: run.numerics,
    });
  }
}
