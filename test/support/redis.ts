import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueueConnection } from '../../queue/connection.ts';
import { findRedis, type RedisServer, startRedis } from '../../queue/provision.ts';
import { CodedError } from '../../runtime/errors.ts';
import { silentLog } from '../../runtime/log.ts';

/** A real Redis of a test's own: loopback, own port, own folder. */
export interface TestRedis {
  readonly connection: QueueConnection;
  readonly port: number;
  /** Process id of the Redis that runs now; another one after `restart`. */
  readonly pid: number;
  /** Kills Redis as a crash would and waits for its end. */
  kill9(): Promise<void>;
  /** Starts Redis again on the same port and files. */
  restart(): Promise<void>;
  /** Ends Redis and removes its folder. */
  stop(): Promise<void>;
}

/** Starts the Redis that a machine without an installed one would get. */
export async function startTestRedis(): Promise<TestRedis> {
  const choice = await findRedis({ log: silentLog });
  if (choice.kind === 'url') throw new CodedError('E_NO_REDIS', 'a test starts a Redis of its own');
  const folder = await mkdtemp(join(tmpdir(), 'fedshell-redis-'));
  const start = () => startRedis({ program: choice.program, folder, log: silentLog });
  let server: RedisServer = await start();
  return {
    connection: { url: server.url, passwordFile: server.passwordFile },
    port: server.port,
    get pid() {
      return server.pid;
    },
    kill9: async () => {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
    },
    restart: async () => {
      await server.stop();
      server = await start();
    },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
