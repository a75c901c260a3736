import { toCodedError } from '../../runtime/errors.ts';
import type { Finding } from './finding.ts';

const NAME = 'tensor backend';

/** What training processes compute with; each is tried in a process of its own, since a native backend may crash. */
export async function examineTensorBackend(): Promise<Finding[]> {
  try {
    const { describeNumerics, probeBackends } = await import('../../services/trainer/probe.ts');
    const { defaultCacheFolder } = await import('../../queue/provision.ts');
    const { working, refused, chosen } = await probeBackends(defaultCacheFolder());
    const found: Finding[] = working.map(({ plan, measured }) => {
      const device = measured.deviceName === undefined ? '' : ` ${measured.deviceName};`;
      const memory = `${Math.round(measured.peakBytes / 1024 ** 2)} MiB`;
      return {
        name: NAME,
        status: 'ok',
        found: `${plan === chosen ? 'chosen: ' : ''}${describeNumerics(plan.numerics)};${device} ${measured.stepsPerSecond} training steps a second of a small network, ${memory}`,
      };
    });
    const works = working.length > 0;
    const others: Finding[] = refused.map(({ numerics, reason }) => ({
      name: NAME,
      status: works ? 'note' : 'missing',
      found: `not used: ${numerics.backend} ${numerics.build}: ${reason}`,
      ...(!works && { code: 'E_BACKEND_UNAVAILABLE', remedy: 'run "npm ci" again, then "npm run build"' }),
    }));
    return [...found, ...others];
  } catch (thrown) {
    const error = toCodedError(thrown);
    return [
      {
        name: NAME,
        status: 'missing',
        found: `${error.code}: ${error.message}`,
        code: error.code,
        remedy: 'run "npm ci" again, then "npm run build"',
      },
    ];
  }
}
