import { join } from 'node:path';
import { silentLog } from '../../runtime/log.ts';
import { launchRedis } from '../supervise/launch-redis.ts';
import type { Supervisor } from '../supervise/supervisor.ts';

/** The queue's Redis: its address and, where it is ours, the file with its password. */
export interface QueueAddress {
  readonly url: string;
  readonly passwordFile?: string;
}

interface StartedRedis {
  readonly queue: QueueAddress;
  /** One sentence that says which Redis it is and why. */
  readonly description: string;
}

/**
 * Takes the Redis of REDIS_URL, else starts one of our own under the supervisor.
 * @throws CodedError `E_NO_REDIS` that says what to install.
 */
export async function startRedisFor(supervisor: Supervisor, folder: string): Promise<StartedRedis> {
  const { describeRedis, findRedis } = await import('../../queue/provision.ts');
  const url = process.env['REDIS_URL'];
  const choice = await findRedis({ ...(url ? { url } : {}), log: silentLog });
  const description = describeRedis(choice);
  if (choice.kind === 'url') return { queue: { url: choice.url }, description };
  const redis = supervisor.add('redis', 'redis', launchRedis(choice.program, join(folder, 'redis')));
  const { redis: ownUrl = '', passwordFile = '' } = await redis.start();
  return { queue: { url: ownUrl, passwordFile }, description };
}
