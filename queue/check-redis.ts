import { CodedError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { describeConnection, openFailFastConnection, type QueueConnection } from './connection.ts';

/** A setting of a Redis that a queue should not run on. */
export interface RedisViolation {
  /** `refuse`: jobs can vanish, nothing starts on it; `warn`: it works, with the stated risk. */
  readonly severity: 'refuse' | 'warn';
  readonly setting: 'maxmemory-policy' | 'appendonly' | 'version';
  readonly message: string;
}

/** The oldest Redis on which the job queue is tested. */
const OLDEST_VERSION = [6, 2] as const;

/**
 * Reads what a Redis' answer to INFO says against running a queue on it; INFO is allowed where CONFIG is not.
 * @param info text of INFO: lines of `name:value`.
 */
export function findRedisViolations(info: string): readonly RedisViolation[] {
  const value = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const violations: RedisViolation[] = [];
  const policy = value('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    violations.push({
      severity: 'refuse',
      setting: 'maxmemory-policy',
      message: `maxmemory-policy is ${policy}, it must be noeviction: an evicted key is a lost job`,
    });
  }
  if (value('aof_enabled') === '0') {
    violations.push({
      severity: 'warn',
      setting: 'appendonly',
      message:
        'appendonly is off: a crash of Redis loses jobs, which delays rounds until they are added again',
    });
  }
  const version = value('redis_version') ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_VERSION;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    violations.push({
      severity: 'warn',
      setting: 'version',
      message: `Redis is version ${version === '' ? 'unknown' : version}, tested are ${OLDEST_VERSION.join('.')} and newer`,
    });
  }
  return violations;
}

/** Logs what only deserves a warning. @throws CodedError `E_REDIS_CONFIGURATION` for what loses jobs. */
export function enforceRedisSettings(info: string, address: string, log: Log): void {
  const violations = findRedisViolations(info);
  for (const { severity, setting, message } of violations) {
    if (severity === 'warn') log.warn({ event: 'redis.setting', setting, address }, message);
  }
  const refused = violations.filter(({ severity }) => severity === 'refuse');
  if (refused.length > 0) {
    const reasons = refused.map(({ message }) => message).join('; ');
    throw new CodedError('E_REDIS_CONFIGURATION', `Redis at ${address}: ${reasons}`);
  }
}

/**
 * Connects once, checks the settings and disconnects.
 * @returns the Redis' version and what only deserves a warning.
 * @throws CodedError `E_REDIS_UNREACHABLE`; `E_REDIS_CONFIGURATION` for settings that lose jobs or a refused password.
 */
export async function checkRedis(
  connection: QueueConnection,
  log: Log,
): Promise<{ readonly version: string; readonly warnings: readonly RedisViolation[] }> {
  const client = openFailFastConnection(connection, log);
  const address = describeConnection(connection);
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('ready', resolve);
      client.once('error', reject);
    });
    const info = await client.info();
    enforceRedisSettings(info, address, log);
    const version = /^redis_version:(.*?)\r?$/m.exec(info)?.[1] ?? 'unknown';
    return { version, warnings: findRedisViolations(info) };
  } catch (thrown) {
    throw toRedisError(thrown, address);
  } finally {
    client.disconnect();
  }
}

/** Gives a failure to connect its code: what Redis itself refuses does not go away by trying again. */
export function toRedisError(thrown: unknown, address: string): CodedError {
  if (thrown instanceof CodedError) return thrown;
  const refused = thrown instanceof Error && thrown.name === 'ReplyError';
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return refused
    ? new CodedError('E_REDIS_CONFIGURATION', `Redis at ${address} refuses the connection: ${message}`)
    : new CodedError('E_REDIS_UNREACHABLE', `Redis at ${address} is not reachable: ${message}`, {
        cause: thrown,
      });
}
