import type { PoolJob } from './jobs.ts';

/** Prefix of all keys and channels. The braces keep them in one slot of a Redis cluster. */
export const QUEUE_PREFIX = '{fl}';

/** Queue of the aggregator's own jobs. */
export const AGGREGATOR_QUEUE = 'aggregator';

/** Queue of a pool's jobs. */
export function poolQueueName(pool: string): string {
  return `train-${pool}`;
}

/** The pool of a queue's name; undefined for the aggregator's own queue. */
export function poolOfQueue(queueName: string): string | undefined {
  return queueName.startsWith('train-') ? queueName.slice('train-'.length) : undefined;
}

/** Kinds of jobs outside of runs, each for one request; they have ids of another form. */
const COMMAND_KINDS = ['operation', 'infer', 'feedback'] as const;

export type CommandKind = (typeof COMMAND_KINDS)[number];

/** What the id of a command's job says. */
export interface CommandKey {
  readonly kind: CommandKind;
  readonly request: string;
  readonly participant?: string;
}

/** `kind.requestId[.participant]` */
export function commandJobId({ kind, request, participant }: CommandKey): string {
  return [kind, request, ...(participant === undefined ? [] : [participant])].join('.');
}

/** Reads an id that `commandJobId` made; undefined for any other text. */
export function parseCommandJobId(id: string): CommandKey | undefined {
  const [kindText, request, participant] = id.split('.');
  const kind = COMMAND_KINDS.find((known) => known === kindText);
  if (kind === undefined || request === undefined) return undefined;
  return { kind, request, ...(participant === undefined ? {} : { participant }) };
}

const JOB_KINDS = ['initialise', 'statistics', 'train', 'evaluate', 'close', 'aggregate', 'publish'] as const;

export type JobKind = (typeof JOB_KINDS)[number];

/** A round of a run, one attempt of it. */
export interface RoundKey {
  readonly run: string;
  /** From 1; 0 for jobs before the first round. For `evaluate` the version's number. */
  readonly round: number;
  /** From 1. */
  readonly roundAttempt: number;
}

/** What a job's id says. */
export interface JobKey extends RoundKey {
  readonly kind: JobKind;
  readonly participant?: string;
  /** Of an `initialise` or `evaluate` job for another model than `main`. */
  readonly group?: string;
}

/** `run.round.roundAttempt.kind[.participant][.group]`, the same for the same work, so that adding it again changes nothing. */
export function jobId({ run, round, roundAttempt, kind, participant, group }: JobKey): string {
  const last = [participant, group].filter((part) => part !== undefined);
  return [run, round, roundAttempt, kind, ...last].join('.');
}

/** The id of a pool's job. An `evaluate` job is one a pool, so the pool stands where others have the participant. */
export function poolJobId(pool: string, job: PoolJob): string {
  if (job.kind === 'infer' || job.kind === 'feedback') return commandJobId(job);
  const { run, kind } = job;
  switch (job.kind) {
    case 'train': {
      const { round, roundAttempt, participant } = job;
      return jobId({ run, round, roundAttempt, kind, participant });
    }
    case 'statistics':
      return jobId({ run, round: 0, roundAttempt: 1, kind, participant: job.participant });
    case 'initialise':
      return jobId({ run, round: 0, roundAttempt: 1, kind, ...besideMain(job.group?.group) });
    case 'evaluate': {
      const { number, group } = job.version;
      return jobId({ run, round: number, roundAttempt: 1, kind, participant: pool, ...besideMain(group) });
    }
  }
}

function besideMain(group: string | undefined): { group?: string } {
  return group === undefined || group === 'main' ? {} : { group };
}

/** Reads an id that `jobId` made; undefined for any other text. */
export function parseJobId(id: string): JobKey | undefined {
  const [run, roundText, attemptText, kindText, next, last] = id.split('.');
  const kind = JOB_KINDS.find((known) => known === kindText);
  const round = Number(roundText);
  const roundAttempt = Number(attemptText);
  if (run === undefined || kind === undefined) return undefined;
  if (!Number.isSafeInteger(round) || !Number.isSafeInteger(roundAttempt)) return undefined;
  const key = { run, round, roundAttempt, kind };
  if (kind === 'evaluate') return last === undefined ? key : { ...key, group: last };
  if (kind === 'initialise') return next === undefined ? key : { ...key, group: next };
  return next === undefined ? key : { ...key, participant: next };
}
