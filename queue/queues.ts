import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { AGGREGATOR_QUEUE, poolQueueName, QUEUE_PREFIX } from './job-id.ts';

/** Names of the pools that ever had a job, so that a restarted aggregator finds their queues. */
const POOLS_KEY = `${QUEUE_PREFIX}:pools`;

/** Events that each queue keeps. Nobody reads them but a person who looks for a fault. */
const KEPT_EVENTS = 1000;

/** The producing side of all queues, over one connection. */
export class Queues {
  readonly #client: Redis;
  readonly #queues = new Map<string, Queue>();
  readonly #noted = new Set<string>();

  constructor(client: Redis) {
    this.#client = client;
  }

  get aggregator(): Queue {
    return this.named(AGGREGATOR_QUEUE);
  }

  /** The queue with this full name. */
  named(name: string): Queue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = new Queue(name, {
        connection: this.#client,
        prefix: QUEUE_PREFIX,
        // The check would be a command that may fail in an outage, and the queue object would then be dead for good.
        skipVersionCheck: true,
        streams: { events: { maxLen: KEPT_EVENTS } },
      });
      // The connection tells of an outage already.
      queue.on('error', () => undefined);
      this.#queues.set(name, queue);
    }
    return queue;
  }

  /** Remembers pools before the first of their jobs is added. */
  async note(pools: readonly string[]): Promise<void> {
    const added = [...new Set(pools)].filter((pool) => !this.#noted.has(pool));
    if (added.length === 0) return;
    await this.#client.sadd(POOLS_KEY, ...added);
    for (const pool of added) this.#noted.add(pool);
  }

  /** The queues of all pools that ever had a job. */
  async ofPools(): Promise<Map<string, Queue>> {
    const pools = await this.#client.smembers(POOLS_KEY);
    return new Map(pools.sort().map((pool) => [pool, this.named(poolQueueName(pool))]));
  }

  /** Forgets what is known to stand in Redis, which may have come back with less than it had. */
  distrust(): void {
    this.#noted.clear();
  }
}

/**
 * Removes a job in any state but active; one that is not there counts as removed.
 * @returns false for an active one, which a worker holds
 */
export async function removeUnlessActive(queue: Queue, id: string): Promise<boolean> {
  return (await queue.remove(id, { removeChildren: false })) !== 0;
}
