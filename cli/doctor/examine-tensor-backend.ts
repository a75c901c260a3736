import { toCodedError } from '../../runtime/errors.ts';
import type { Finding } from './finding.ts';

const NAME = 'tensor backend';

/** What a training process computes with; it is tried in a process of its own, since a native backend may crash. */
export async function examineTensorBackend(): Promise<Finding> {
  try {
    const { probeTensorBackend } = await import('../../services/trainer/probe.ts');
    const { numerics, measured } = await probeTensorBackend();
    const { backend, build, library } = numerics;
    return {
      name: NAME,
      status: 'ok',
      found: `${library}, ${backend} ${build}; ${Math.round(measured.stepsPerSecond)} training steps a second of a small network`,
    };
  } catch (thrown) {
    const error = toCodedError(thrown);
    return {
      name: NAME,
      status: 'missing',
      found: `${error.code}: ${error.message}`,
      code: error.code,
      remedy: 'run "npm ci" again, then "npm run build"',
    };
  }
}
