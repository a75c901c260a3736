import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolJob } from '../../queue/jobs.ts';
import { type PoolJobContext, startPoolWorker } from '../../queue/pool-worker.ts';
import { toCodedError } from '../../runtime/errors.ts';
import { createLog } from '../../runtime/log.ts';
import { AggregatorClient } from '../../services/trainer/aggregator-client.ts';
import { FileSender } from '../../services/trainer/file-sender.ts';
import { patiently } from '../../services/trainer/patiently.ts';
import { errorOfProblem, unreachable } from '../../services/trainer/problem.ts';
import { type GeneratedFile, GeneratedFiles } from './generated-files.ts';
import type { SenderMessage, SendingPool } from './sending-pool.ts';

/**
 * A trainer whose participants train nothing: it joins, reports that all are ready, takes their jobs from the queue and
 * sends generated updates by the trainer's own client, with its patience.
 */
process.on('disconnect', () => process.exit());
process.once('message', (pool: SendingPool) => {
  work(pool).then(
    () => send({ kind: 'joined' }),
    (thrown: unknown) => send({ kind: 'failed', message: toCodedError(thrown).message }),
  );
});

const HEARTBEAT_MS = 2_000;
const log = createLog('sender', 'error');

function send(message: SenderMessage): void {
  process.send?.(message);
}

async function work(pool: SendingPool): Promise<void> {
  const client = new AggregatorClient(pool.api);
  const files = new GeneratedFiles(pool.tensors);
  const sender = new FileSender();
  const { key } = await client.join({
    token: pool.token,
    pool: {
      id: pool.pool,
      slots: pool.concurrency,
      numerics: { backend: 'wasm', build: 'plain-simd', library: '4.22.0', node: 20 },
    },
    participants: pool.participants.map((id) => ({
      id,
      attributes: {},
      signals: ['vibration', 'condition'],
    })),
  });
  client.useKey(key);
  await client.heartbeat(pool.pool, { participants: pool.participants.map((id) => report(pool, id)) });
  void beat(client, pool);
  const indices = new Map(pool.participants.map((id, index) => [id, index]));

  const put = (path: string, file: GeneratedFile, { signal }: PoolJobContext): Promise<void> =>
    patiently(
      async () => {
        const headers = {
          'content-type': 'application/octet-stream',
          'content-length': String(file.bytes),
          'x-content-sha256': file.sha256,
          authorization: `Bearer ${key}`,
        };
        const { status, text, retryAfterMs } = await sender
          .put(`${pool.api}${path}`, headers, file.body(), signal)
          .catch((cause: unknown) => {
            throw unreachable(cause);
          });
        if (status >= 300) throw errorOfProblem(status, text, retryAfterMs);
      },
      { signal, log, what: 'file' },
    );
  const run = async (job: PoolJob, context: PoolJobContext): Promise<void> => {
    if (job.kind === 'initialise') {
      return put(`/api/runs/${job.run}/initial-version`, await files.initialVersion(job), context);
    }
    if (job.kind !== 'train') throw new Error(`a bench sent a job of the kind ${job.kind}`);
    const { run: id, round, roundAttempt, participant } = job;
    const progress = { run: id, round, epochs: 1, trainedLoss: 0.5 };
    // As a trainer does: nobody waits for a report.
    void context.progress({ ...progress, epoch: 0 });
    void context.progress({ ...progress, epoch: 1 });
    const path = `/api/runs/${id}/rounds/${round}/attempts/${roundAttempt}/updates/${participant}`;
    return put(path, await files.update(job, indices.get(participant) ?? 0), context);
  };
  await startPoolWorker({
    connection: pool.queue,
    pool: pool.pool,
    concurrency: pool.concurrency,
    log,
    run,
  });
}

async function beat(client: AggregatorClient, pool: SendingPool): Promise<void> {
  for (;;) {
    await sleep(HEARTBEAT_MS);
    await client
      .heartbeat(pool.pool, { participants: pool.participants.map((id) => report(pool, id)) })
      .catch((thrown: unknown) => log.warn({ event: 'heartbeat.failed' }, toCodedError(thrown).message));
  }
}

function report({ federation }: SendingPool, id: string) {
  const counts = {
    windows: 50,
    trainExamples: 40,
    testExamples: 10,
    excludedWindows: {},
    examplesPerClass: [],
  };
  return { id, state: 'ready' as const, data: [{ federation, ...counts, finished: true, ready: true }] };
}
