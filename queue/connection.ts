import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { CodedError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';

/** Where a Redis is. It belongs to one trust domain: whoever reaches it can read and forge every job in it. */
export interface QueueConnection {
  /** `redis://host:port[/db]`, or `rediss://` for TLS; may carry a user and a password. */
  readonly url: string;
  /** File with the password, where the URL has none. */
  readonly passwordFile?: string;
}

/** Longest wait between two attempts to reach Redis again, in milliseconds. */
const LONGEST_RETRY_MS = 500;

/** Time after which a producer's command counts as failed although Redis still holds the connection, in milliseconds. */
const PRODUCER_TIMEOUT_MS = 10_000;

/** The connection without its secrets, for messages and logs. */
export function describeConnection(connection: QueueConnection): string {
  const { protocol, host, pathname } = parseUrl(connection);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}

/**
 * A connection that waits: while Redis is away its commands queue up, and it tries again for ever. For workers and
 * subscribers.
 * @throws CodedError `E_INVALID_INPUT` for a URL that is none, `E_FILE_NOT_FOUND` without the password's file.
 */
export function openPatientConnection(connection: QueueConnection, log: Log): Redis {
  return open(connection, log, { maxRetriesPerRequest: null });
}

/**
 * A connection that fails fast: a command fails at once while Redis is away, so that the caller, whose state is
 * elsewhere, can say so and try again. It connects and reconnects by itself.
 * @throws CodedError `E_INVALID_INPUT` for a URL that is none, `E_FILE_NOT_FOUND` without the password's file.
 */
export function openFailFastConnection(connection: QueueConnection, log: Log): Redis {
  return open(connection, log, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    commandTimeout: PRODUCER_TIMEOUT_MS,
  });
}

interface Patience {
  readonly maxRetriesPerRequest: number | null;
  readonly enableOfflineQueue?: boolean;
  readonly commandTimeout?: number;
}

function open(connection: QueueConnection, log: Log, patience: Patience): Redis {
  parseUrl(connection);
  const password = readPassword(connection);
  const client = new Redis(connection.url, {
    ...patience,
    ...(password === undefined ? {} : { password }),
    connectTimeout: 5000,
    // A connection that is closed while it opens would else keep the process for 2 s.
    disconnectTimeout: 200,
    retryStrategy: (times) => Math.min(50 * times, LONGEST_RETRY_MS),
  });
  logOutages(client, describeConnection(connection), log);
  return client;
}

/** One line when Redis goes away and one when it is back, however many attempts there were in between. */
function logOutages(client: Redis, address: string, log: Log): void {
  let away = false;
  const went = (reason: string) => {
    if (!away) log.warn({ event: 'redis.unreachable', address }, reason);
    away = true;
  };
  client.on('error', (error) => went(error.message));
  client.on('reconnecting', () => went('the connection broke'));
  client.on('ready', () => {
    if (away) log.info({ event: 'redis.reachable', address });
    away = false;
  });
}

function parseUrl({ url }: QueueConnection): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['redis:', 'rediss:'].includes(parsed.protocol) || parsed.hostname === '') {
    // The text itself may hold a password, so it is not repeated.
    throw new CodedError('E_INVALID_INPUT', 'the address of Redis must look like redis://host:port');
  }
  return parsed;
}

function readPassword({ passwordFile }: QueueConnection): string | undefined {
  if (passwordFile === undefined) return undefined;
  try {
    return readFileSync(passwordFile, 'utf8').trim();
  } catch (cause) {
    throw new CodedError('E_FILE_NOT_FOUND', `cannot read the password file of Redis, ${passwordFile}`, {
      cause,
    });
  }
}
