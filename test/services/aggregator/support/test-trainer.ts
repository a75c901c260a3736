import type {
  EvaluateJob,
  FeedbackJob,
  InferJob,
  InitialiseJob,
  Schemas,
  StatisticsJob,
  TrainJob,
} from '../../../../openapi/schemas.ts';
import type { QueueConnection } from '../../../../queue/connection.ts';
import type { PoolJob } from '../../../../queue/jobs.ts';
import { type PoolJobContext, type PoolWorker, startPoolWorker } from '../../../../queue/pool-worker.ts';
import { CodedError, isErrorCode } from '../../../../runtime/errors.ts';
import { silentLog } from '../../../../runtime/log.ts';
import { type Answer, call } from './call.ts';
import { initialVersion, NUMERICS, sha256, update } from './federation.ts';

export interface TestTrainerOptions {
  readonly url: () => string;
  readonly redis: QueueConnection;
  readonly pool: string;
  readonly participants: readonly string[];
  /** Training done in another way; returns false to let the trainer do as usual. */
  readonly train?: (job: TrainJob, trainer: TestTrainer, context: PoolJobContext) => Promise<boolean>;
  readonly statistics?: (job: StatisticsJob) => Promise<void>;
  readonly evaluate?: (job: EvaluateJob) => Promise<boolean>;
  readonly initialise?: (job: InitialiseJob) => Promise<void>;
  /** By participant; `hall: 3` by default. */
  readonly attributes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What the AAS may show of each participant's machine. */
  readonly published?: TestTrainer['published'];
  /** Answers a command in another way; returns false to let the trainer do as usual. */
  readonly command?: (job: InferJob | FeedbackJob, context: PoolJobContext) => Promise<boolean>;
}

/** A trainer service that speaks the API and takes jobs from a real queue, and trains by a formula. */
export class TestTrainer {
  readonly #options: TestTrainerOptions;
  key: string | undefined;
  federations: string[] = [];
  /** Jobs that arrived, by kind and participant. */
  readonly seen: PoolJob[] = [];
  readonly ready = new Set<string>();
  /** Participants whose source has finished before they were ready. */
  readonly spent = new Set<string>();
  readonly signals = ['vibration', 'condition'];
  /** What the next join lets the AAS show of each participant's machine. */
  published: Readonly<Record<string, Schemas['PublishedOfParticipant']>> = {};
  #worker: PoolWorker | undefined;
  #heart: NodeJS.Timeout | undefined;

  constructor(options: TestTrainerOptions) {
    this.#options = options;
    this.published = options.published ?? {};
    for (const id of options.participants) this.ready.add(id);
  }

  get pool(): string {
    return this.#options.pool;
  }

  /** Joins, reports that its participants are ready, and takes jobs. */
  async start(token: string): Promise<void> {
    await this.join(token);
    await this.heartbeat();
    await this.work();
  }

  /** Keeps its participants online and takes jobs. */
  async work(): Promise<void> {
    this.#heart = setInterval(() => void this.heartbeat().catch(() => undefined), 200);
    this.#worker = await startPoolWorker({
      connection: this.#options.redis,
      pool: this.pool,
      concurrency: 4,
      log: silentLog,
      run: (job, context) => this.#run(job, context),
    });
  }

  async join(token?: string, participants = this.#options.participants): Promise<Answer> {
    const answer = await this.call('POST', '/api/trainers/join', {
      ...(token === undefined ? {} : { token }),
      pool: { id: this.pool, slots: 4, numerics: NUMERICS },
      participants: participants.map((id) => {
        const published = this.published[id];
        return {
          id,
          attributes: this.#options.attributes?.[id] ?? { hall: '3' },
          signals: this.signals,
          ...(published !== undefined && { published }),
        };
      }),
    });
    if (answer.status === 200) {
      this.key = answer.body.key ?? this.key;
      this.federations = answer.body.federations.map((federation: { id: string }) => federation.id);
    }
    return answer;
  }

  async heartbeat(): Promise<Answer> {
    const answer = await this.call('POST', `/api/trainers/${this.pool}/heartbeat`, {
      participants: this.#options.participants.map((id) => ({
        id,
        state: this.ready.has(id) ? 'ready' : 'collecting',
        data: this.federations.map((federation) => ({
          federation,
          windows: 50,
          trainExamples: 40,
          testExamples: 10,
          excludedWindows: { gap: 1 },
          examplesPerClass: [25, 25],
          finished: this.ready.has(id) || this.spent.has(id),
          ready: this.ready.has(id),
          ...(this.ready.has(id) ? {} : { reason: 'has 3 of 10 windows' }),
        })),
      })),
    });
    if (answer.status === 200) {
      this.federations = answer.body.federations.map((federation: { id: string }) => federation.id);
    }
    return answer;
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    bytes?: Uint8Array,
    headers = {},
  ): Promise<Answer> {
    try {
      return await call(this.#options.url(), method, path, body, {
        key: this.key,
        headers,
        ...(bytes === undefined ? {} : { bytes }),
      });
    } catch (cause) {
      // As the real one, it outwaits an aggregator that starts anew: such a job comes again and has used no attempt.
      throw new CodedError('E_NOT_READY', `${method} ${path}: ${String(cause)}`, { cause });
    }
  }

  /** The update of a participant: example counts and deltas differ by participant and round. */
  makeUpdate(job: TrainJob): Uint8Array {
    const { run, round, roundAttempt, participant, bases } = job;
    const header = { run, round, roundAttempt, participant, baseSha256: bases[0]!.sha256 };
    return update({ ...header, exampleCount: exampleCountOf(participant) }, deltaOf(participant, round));
  }

  putUpdate(
    job: Pick<TrainJob, 'run' | 'round' | 'roundAttempt' | 'participant'>,
    bytes: Uint8Array,
    hash = sha256(bytes),
  ): Promise<Answer> {
    const { run, round, roundAttempt, participant } = job;
    const path = `/api/runs/${run}/rounds/${round}/attempts/${roundAttempt}/updates/${participant}`;
    return this.call('PUT', path, undefined, bytes, { 'x-content-sha256': hash });
  }

  /** Answers a command by a formula: `good` with 3 to 1. */
  answer(job: InferJob | FeedbackJob): Promise<Answer> {
    const { kind, request, participant } = job;
    const window = {
      window: job.window === 'latest' ? 'w6400' : job.window,
      windowAt: '2026-01-01T00:00:00.000Z',
    };
    const said =
      job.kind === 'infer'
        ? { class: 'good', probabilities: { good: 0.75, bad: 0.25 } }
        : { label: job.label };
    return this.call('PUT', `/api/commands/${request}/answers/${participant}`, { kind, ...window, ...said });
  }

  async stop(): Promise<void> {
    clearInterval(this.#heart);
    await this.#worker?.close();
  }

  async #run(job: PoolJob, context: PoolJobContext): Promise<void> {
    this.seen.push(job);
    const options = this.#options;
    switch (job.kind) {
      case 'initialise': {
        await options.initialise?.(job);
        const bytes = initialVersion(job);
        const headers = { 'x-content-sha256': sha256(bytes) };
        return throwUnless(
          await this.call('PUT', `/api/runs/${job.run}/initial-version`, undefined, bytes, headers),
        );
      }
      case 'statistics': {
        await options.statistics?.(job);
        const statistics = { count: 2, sum: [2, 4, 6, 8], sumOfSquares: [4, 10, 20, 34] };
        return throwUnless(
          await this.call('PUT', `/api/runs/${job.run}/statistics/${job.participant}`, statistics),
        );
      }
      case 'evaluate': {
        if ((await options.evaluate?.(job)) === true) return;
        const { group, number, sha256: hash } = job.version;
        const results = job.participants.map((participant) => resultOf(participant, number));
        const report = { group, number, sha256: hash, results };
        return throwUnless(await this.call('POST', `/api/runs/${job.run}/evaluations`, report));
      }
      case 'infer':
      case 'feedback': {
        if ((await options.command?.(job, context)) === true) return;
        return throwUnless(await this.answer(job));
      }
      case 'train': {
        if ((await options.train?.(job, this, context)) === true) return;
        const { run, round } = job;
        await context.progress({ run, round, epoch: 1, epochs: 1, trainedLoss: 0.5, trainedAccuracy: 0.75 });
        return throwUnless(await this.putUpdate(job, this.makeUpdate(job)));
      }
    }
  }
}

function numberOf(participant: string): number {
  return Number(/\d+$/.exec(participant)?.[0] ?? 1);
}

export function exampleCountOf(participant: string): number {
  return 10 * numberOf(participant);
}

export function deltaOf(participant: string, round: number): (position: number) => number {
  return (position) => numberOf(participant) * 0.1 + round * 0.01 + position * 0.001;
}

function resultOf(participant: string, number: number) {
  const correct = Math.min(5 + number, 10);
  return {
    participant,
    exampleCount: 10,
    correct,
    loss: 1 / (number + 1),
    confusion: [
      [correct, 10 - correct],
      [0, 0],
    ],
  };
}

function throwUnless({ status, body }: Answer): void {
  if (status < 300) return;
  const code = isErrorCode(body?.code) ? body.code : 'E_UNREACHABLE';
  throw new CodedError(code, String(body?.detail));
}
