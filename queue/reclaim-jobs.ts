import type { Redis } from 'ioredis';
import { QUEUE_PREFIX } from './job-id.ts';

/**
 * Marks the active jobs of a queue as stalled, so that a worker which starts now takes them up at once instead of when
 * a dead predecessor's locks run out (up to `lockDuration` + 2 × `stalledInterval`). The jobs come back the way BullMQ
 * brings back stalled ones and count as such, so one that kills its worker each time fails in the end.
 *
 * Sound only for the one consumer of a queue, before its worker runs: whoever holds the state folder's lock knows that
 * no other process works on these jobs. The names of the keys are those of BullMQ 6 (`classes/queue-keys`).
 */
export async function reclaimJobs(client: Redis, queueName: string): Promise<readonly string[]> {
  const key = (name: string) => `${QUEUE_PREFIX}:${queueName}:${name}`;
  const jobIds = await client.lrange(key('active'), 0, -1);
  if (jobIds.length === 0) return jobIds;
  await client
    .multi()
    .del(...jobIds.map((jobId) => `${key(jobId)}:lock`))
    .sadd(key('stalled'), ...jobIds)
    // Else the check of the predecessor would keep ours from running for up to `stalledInterval`.
    .del(key('stalled-check'))
    .exec();
  return jobIds;
}
