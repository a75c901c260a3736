import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { defaultCacheFolder } from '../../queue/cache-folder.ts';

const VERSION = '1.3.0';
const ARTIFACT = `de.fraunhofer.iosb.ilt.faaast.service:starter:${VERSION}`;

/** The jar, or why there is none. */
export type FoundFaaast =
  | { readonly found: true; readonly jar: string }
  | { readonly found: false; readonly reason: string };

/** FA³ST Service: its runnable jar, fetched by Maven once and kept in the cache folder. */
export function findFaaast(): FoundFaaast {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (java.status !== 0) return { found: false, reason: 'there is no java on the PATH' };
  const major = Number(/version "(\d+)/.exec(java.stderr)?.[1] ?? 0);
  if (major < 17) return { found: false, reason: `java is of version ${major}, FA³ST needs 17` };
  const folder = join(defaultCacheFolder(), 'faaast');
  const jar = join(folder, `starter-${VERSION}.jar`);
  if (existsSync(jar)) return { found: true, jar };
  return fetchJar(folder, jar);
}

function fetchJar(folder: string, jar: string): FoundFaaast {
  const arriving = join(folder, `arriving-${process.pid}`);
  mkdirSync(arriving, { recursive: true });
  try {
    const options = [
      '-q',
      '-B',
      'dependency:copy',
      `-Dartifact=${ARTIFACT}`,
      `-DoutputDirectory=${arriving}`,
    ];
    const maven = spawnSync('mvn', options, { encoding: 'utf8', timeout: 300_000 });
    if (maven.error !== undefined) return { found: false, reason: 'there is no mvn on the PATH' };
    const fetched = join(arriving, `starter-${VERSION}.jar`);
    if (maven.status !== 0 || !existsSync(fetched)) {
      const why = /\[ERROR\] (.*)/.exec(maven.stdout)?.[1] ?? `mvn ended with ${maven.status}`;
      return { found: false, reason: `${ARTIFACT} could not be fetched: ${why}` };
    }
    renameSync(fetched, jar);
    return { found: true, jar };
  } finally {
    rmSync(arriving, { recursive: true, force: true });
  }
}
