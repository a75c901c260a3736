import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { environmentOf, type RedisProgram } from './find-redis.ts';
import { findFreePort, waitUntilFree } from './local-port.ts';
import { sendToOwnRedis } from './redis-probe.ts';
import { startSupervised } from './supervised-process.ts';

/** A Redis that this process started; it ends with this process, even if that is killed with -9. */
export interface RedisServer {
  /** `redis://127.0.0.1:port` */
  readonly url: string;
  readonly passwordFile: string;
  readonly port: number;
  /** Process id of Redis itself. */
  readonly pid: number;
  /** Resolves with the exit status once Redis has ended, for whatever reason; start it again then. */
  readonly exited: Promise<number>;
  /** Ends Redis after it has written what it holds. */
  stop(): Promise<void>;
}

interface StartRedisOptions {
  readonly program: RedisProgram;
  /** State folder: password, port, configuration and append-only file. The caller holds its lock. */
  readonly folder: string;
  /** Port on 127.0.0.1. @defaultValue the one used before in this folder, else a free one */
  readonly port?: number;
  readonly log: Log;
}

/** Time for Redis to answer after its start, which includes reading its file, in milliseconds. */
const START_TIMEOUT_MS = 60_000;

/** Time for a Redis of an earlier start, whose parent was killed, to give the port free, in milliseconds. */
const PREDECESSOR_TIMEOUT_MS = 5000;

const LOG_FILE = 'redis.log';

/**
 * Starts our own Redis on 127.0.0.1 with a generated password, an append-only file and no eviction.
 * @throws CodedError `E_PORT_IN_USE` if another program has the port, `E_PROCESS_FAILED` if Redis does not start.
 */
export async function startRedis(options: StartRedisOptions): Promise<RedisServer> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const passwordFile = join(options.folder, 'password');
  const password = readKept(passwordFile) ?? keep(passwordFile, randomBytes(32).toString('hex'));
  const portFile = join(options.folder, 'port');
  const known = options.port ?? readKept(portFile);
  if (known !== undefined) return startOnPort(Number(known), password, options);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const server = await startOnPort(await findFreePort(), password, options);
      keep(portFile, String(server.port));
      return server;
    } catch (thrown) {
      // Somebody may take a port between our looking and Redis' binding.
      const taken = thrown instanceof CodedError && thrown.code === 'E_PORT_IN_USE';
      if (!taken || attempt === 5) throw thrown;
    }
  }
}

async function startOnPort(
  port: number,
  password: string,
  { program, folder, log }: StartRedisOptions,
): Promise<RedisServer> {
  if (!(await waitUntilFree(port, PREDECESSOR_TIMEOUT_MS))) throw portInUse(port, folder);
  // What a failed start tells must be its own words; Redis logs little at this level.
  rmSync(join(folder, LOG_FILE), { force: true });
  writeFileSync(join(folder, 'redis.conf'), configuration(folder, port, password), { mode: 0o600 });
  const { pid, exited, stop } = await startSupervised({
    file: program.file,
    parameters: ['redis.conf'],
    folder,
    environment: environmentOf(program),
  });
  try {
    await waitForAnswer({ port, password, folder, exited });
    if (pid === undefined) throw new CodedError('E_PROCESS_FAILED', 'the supervisor of Redis did not start');
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  log.info({ event: 'redis.started', port, pid, version: program.version });
  const passwordFile = join(folder, 'password');
  return { url: `redis://127.0.0.1:${port}`, passwordFile, port, pid, exited, stop };
}

function configuration(folder: string, port: number, password: string): string {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    'protected-mode yes',
    'daemonize no',
    `dir ${JSON.stringify(folder)}`,
    `logfile ${LOG_FILE}`,
    'loglevel warning',
    // A job that was acknowledged survives kill -9 of Redis; a power cut may lose the last second.
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    // An evicted key would be a lost job.
    'maxmemory-policy noeviction',
    '',
  ].join('\n');
}

interface AwaitedServer {
  readonly port: number;
  readonly password: string;
  readonly folder: string;
  readonly exited: Promise<number>;
}

async function waitForAnswer({ port, password, folder, exited }: AwaitedServer): Promise<void> {
  const end = Date.now() + START_TIMEOUT_MS;
  let status: number | undefined;
  void exited.then((value) => {
    status = value;
  });
  for (;;) {
    if ((await sendToOwnRedis(port, password, 'PING')) === '+PONG') return;
    if (status !== undefined || Date.now() > end) throw failedStart(port, folder, status);
    await delay(10);
  }
}

function failedStart(port: number, folder: string, status: number | undefined): CodedError {
  const file = join(folder, LOG_FILE);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').slice(-5) : [];
  if (lines.some((line) => line.includes('Address already in use'))) return portInUse(port, folder);
  const how =
    status === undefined ? `did not answer in ${START_TIMEOUT_MS} ms` : `ended with status ${status}`;
  return new CodedError(
    'E_PROCESS_FAILED',
    `Redis ${how}; its last words in ${file}: ${lines.at(-1) ?? 'none'}`,
  );
}

function portInUse(port: number, folder: string): CodedError {
  return new CodedError(
    'E_PORT_IN_USE',
    `port ${port} of 127.0.0.1, which Redis uses in ${folder}, is taken by another program`,
  );
}

/** The content of a kept file; undefined if there is none or its writing was cut off. */
function readKept(file: string): string | undefined {
  const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  return text === '' ? undefined : text;
}

/** Writes a private file and returns its content. */
function keep(file: string, text: string): string {
  writeFileSync(`${file}.partial`, text, { mode: 0o600 });
  renameSync(`${file}.partial`, file);
  return text;
}
