import type { RedisProgram } from '../../queue/provision.ts';
import { silentLog } from '../../runtime/log.ts';
import type { Launch } from './launch.ts';

/** Starts our own Redis in its state folder, which keeps its port and its password. */
export function launchRedis(program: RedisProgram, folder: string): Launch {
  return async () => {
    const { startRedis } = await import('../../queue/provision.ts');
    const { url, passwordFile, pid, exited, stop } = await startRedis({ program, folder, log: silentLog });
    return {
      addresses: { redis: url, passwordFile },
      pid,
      exited: exited.then((status) => `exit code ${status}`),
      stop,
    };
  };
}
