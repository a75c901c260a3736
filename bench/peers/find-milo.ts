import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../runtime/package-root.ts';
import { failureOf } from './failure-of.ts';
import type { FoundPeer } from './found-peer.ts';
import { peersFolder } from './peers-folder.ts';

const VERSION = '0.6.16';

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>fedshell</groupId><artifactId>milo-peer</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.eclipse.milo</groupId><artifactId>sdk-server</artifactId><version>${VERSION}</version></dependency>
  </dependencies>
</project>
`;

/** Our server on Eclipse Milo, whose jars Maven fetches once into the cache folder. */
export function findMilo(): FoundPeer {
  const source = join(packageRoot(), 'bench', 'peers', 'MiloServer.java');
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12);
  const jars = join(peersFolder(), `milo-${VERSION}`);
  const classes = join(peersFolder(), `milo-server-${hash}`);
  const program = { command: 'java', parameters: ['-cp', `${classes}:${join(jars, '*')}`, 'MiloServer'] };
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (java.status !== 0) return { found: false, reason: 'there is no java on the PATH' };
  const major = Number(/version "(\d+)/.exec(java.stderr)?.[1] ?? 0);
  if (major < 17) return { found: false, reason: `java is of version ${major}, the peer needs 17` };
  if (existsSync(classes)) return { found: true, program };
  mkdirSync(peersFolder(), { recursive: true });
  const partial = mkdtempSync(join(peersFolder(), 'partial-'));
  try {
    if (!existsSync(jars)) {
      writeFileSync(join(partial, 'pom.xml'), POM);
      const copy = ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${join(partial, 'jars')}`];
      const missing = failureOf('mvn', copy, partial);
      if (missing !== undefined)
        return { found: false, reason: `sdk-server ${VERSION} could not be fetched: ${missing}` };
      renameSync(join(partial, 'jars'), jars);
    }
    const compile = ['-cp', join(jars, '*'), '-d', join(partial, 'classes'), source];
    const failure = failureOf('javac', compile);
    if (failure !== undefined)
      return { found: false, reason: `MiloServer.java does not compile: ${failure}` };
    renameSync(join(partial, 'classes'), classes);
    return { found: true, program };
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
