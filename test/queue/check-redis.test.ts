import { checkRedis, findRedisViolations } from '../../queue/check-redis.ts';
import { silentLog } from '../../runtime/log.ts';

const INFO = [
  '# Server',
  'redis_version:7.0.15',
  '# Memory',
  'maxmemory_policy:noeviction',
  '# Persistence',
  'aof_enabled:1',
  '',
].join('\r\n');

describe('the settings of a Redis', () => {
  it('are fine with no eviction, an append-only file and a tested version', () => {
    expect(findRedisViolations(INFO)).toEqual([]);
  });

  it.each([
    ['noeviction', 'allkeys-lru', 'maxmemory-policy', 'refuse'],
    ['aof_enabled:1', 'aof_enabled:0', 'appendonly', 'warn'],
    ['7.0.15', '6.0.16', 'version', 'warn'],
  ])('are reported with %s replaced by %s', (good, bad, setting, severity) => {
    const violations = findRedisViolations(INFO.replace(good, bad));

    expect(violations).toEqual([expect.objectContaining({ setting, severity })]);
  });

  it('cannot be checked where no Redis answers', async () => {
    const checked = checkRedis({ url: 'redis://127.0.0.1:1' }, silentLog);

    await expect(checked).rejects.toMatchObject({ code: 'E_REDIS_UNREACHABLE' });
  });

  it('are not asked at an address that is none, whose text is not repeated', async () => {
    const error = await checkRedis({ url: 'http://:secret@plant' }, silentLog).catch((thrown) => thrown);

    expect(error).toMatchObject({ code: 'E_INVALID_INPUT' });
    expect(error.message).not.toContain('secret');
  });
});
