import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
import { entryPoint, packageRoot } from '../../runtime/package-root.ts';
import type { Finding } from './finding.ts';

const SERVICES = ['services/aggregator/main', 'services/trainer/main', 'simulator/main'];

/** The compiled services and the console's page. */
export function examineBuild(): Finding[] {
  const unbuilt = SERVICES.filter((module) => !isBuilt(module));
  const remedy = 'run "npm run build"';
  const services: Finding =
    unbuilt.length === 0
      ? { name: 'services', status: 'ok', found: 'compiled' }
      : {
          name: 'services',
          status: 'missing',
          found: `${unbuilt.join(', ')} not compiled`,
          remedy,
          code: 'E_NOT_BUILT',
        };
  const page = existsSync(join(packageRoot(), 'dist', 'console', 'index.html'));
  const console: Finding = page
    ? { name: 'console', status: 'ok', found: 'built' }
    : { name: 'console', status: 'note', found: 'not built; everything else works without', remedy };
  return [services, console];
}

function isBuilt(module: string): boolean {
  try {
    return entryPoint(module) !== '';
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === 'E_NOT_BUILT') return false;
    throw thrown;
  }
}
