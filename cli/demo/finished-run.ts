import type { Federation, ModelVersion, Participant, Run } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { type AggregatorClient, answered } from '../api/aggregator-client.ts';
import { poll } from '../terminal/poll.ts';
import { evaluationOf } from './demo-outcome.ts';

/** A completed run with what belongs to it. */
export interface FinishedRun {
  readonly run: Run;
  /** The version of its last round, published. */
  readonly version: ModelVersion;
  readonly participants: readonly Participant[];
}

/** Time that the last evaluation and publication may take after the run, in milliseconds. */
const SETTLE_TIMEOUT_MS = 60_000;

/**
 * Waits until the last version of a completed run is evaluated and published.
 * @throws CodedError `E_RUN_FAILED` if the run did not complete.
 */
export async function finishedRun(
  client: AggregatorClient,
  federation: Federation,
  ended: Run,
  signal: AbortSignal,
): Promise<FinishedRun> {
  if (ended.state !== 'completed') {
    const reason = ended.reason ?? 'no reason given';
    throw new CodedError('E_RUN_FAILED', `the run ${ended.id} is ${ended.state}, not completed: ${reason}`);
  }
  const number = lastVersionOf(ended);
  const everyRounds = federation.evaluation?.everyRounds ?? 1;
  const isEvaluated = everyRounds > 0 && ended.totalRounds % everyRounds === 0;
  const settled = await poll(
    async () => {
      const run = await answered(client.GET('/api/runs/{runId}', { params: { path: { runId: ended.id } } }));
      const version = await answered(
        client.GET('/api/federations/{federationId}/versions/{number}', {
          params: { path: { federationId: federation.id, number }, query: {} },
        }),
      );
      const isWhole =
        version.shellId !== undefined && (!isEvaluated || evaluationOf(run, number) !== undefined);
      return isWhole ? { run, version } : undefined;
    },
    { what: `version ${number} to be evaluated and published`, timeoutMs: SETTLE_TIMEOUT_MS, signal },
  );
  const all = await answered(client.GET('/api/participants'));
  return { ...settled, participants: all.filter(({ federations }) => federations.includes(federation.id)) };
}

function lastVersionOf(run: Run): number {
  const versions = run.rounds.flatMap(({ version }) => (version === undefined ? [] : [version]));
  if (versions.length === 0) throw new CodedError('E_RUN_FAILED', `the run ${run.id} made no version`);
  return Math.max(...versions);
}
