import type {
  EvaluateJob,
  FeedbackJob,
  InferJob,
  InitialiseJob,
  OperationJob,
  RoundJob,
  Schemas,
  StatisticsJob,
  TrainJob,
} from '../openapi/schemas.ts';
import { validate } from '../openapi/validate.ts';
import { CodedError } from '../runtime/errors.ts';

/** What a pool's workers do. */
export type PoolJob = InitialiseJob | StatisticsJob | TrainJob | EvaluateJob | InferJob | FeedbackJob;

/** Largest job, in bytes of its JSON: a job carries references, stores carry bytes. */
export const MAXIMUM_JOB_BYTES = 64_000;

const SCHEMAS = {
  initialise: 'InitialiseJob',
  statistics: 'StatisticsJob',
  train: 'TrainJob',
  evaluate: 'EvaluateJob',
  infer: 'InferJob',
  feedback: 'FeedbackJob',
} as const satisfies Record<PoolJob['kind'], keyof Schemas>;

/**
 * Checks a job that goes into a queue and returns a copy with its defaults.
 * @throws CodedError `E_JOB_TOO_LARGE` above 64 kB, `E_INVALID_INPUT` with every fault.
 */
export function checkedPoolJob<Kind extends PoolJob>(job: Kind): Kind {
  const text = JSON.stringify(job);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAXIMUM_JOB_BYTES) {
    throw new CodedError(
      'E_JOB_TOO_LARGE',
      `a ${job.kind} job of ${'run' in job ? `run ${job.run}` : `request ${job.request}`} has ${bytes} bytes, at most ${MAXIMUM_JOB_BYTES} are allowed`,
    );
  }
  // The schema named by the job's kind describes the job's own type.
  return parsePoolJob(JSON.parse(text)) as Kind;
}

/** Reads a job that came out of a queue. @throws CodedError `E_INVALID_INPUT` with every fault. */
export function parsePoolJob(data: unknown): PoolJob {
  const kind = (data as { kind?: unknown } | null)?.kind;
  if (typeof kind !== 'string' || !Object.hasOwn(SCHEMAS, kind)) {
    const known = Object.keys(SCHEMAS).join(', ');
    throw new CodedError('E_INVALID_INPUT', `a pool's job must be one of ${known}, not ${String(kind)}`);
  }
  // `hasOwn` above makes this key one of the table.
  return validate(SCHEMAS[kind as PoolJob['kind']], data, `${kind} job`);
}

/** Reads a job of the aggregator's own queue. @throws CodedError `E_INVALID_INPUT` with every fault. */
export function parseAggregatorJob(data: unknown): RoundJob | OperationJob {
  const isOperation = (data as { kind?: unknown } | null)?.kind === 'operation';
  return isOperation
    ? validate('OperationJob', data, 'operation job')
    : validate('RoundJob', data, 'round job');
}
