import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../runtime/package-root.ts';
import { failureOf } from './failure-of.ts';
import type { FoundPeer, PeerProgram } from './found-peer.ts';
import { peersFolder } from './peers-folder.ts';

/** Debian trixie's packages of amd64; they need glibc 2.34 or newer. */
const PACKAGES = [
  ['libopen62541-1.4', '1.4.11.1-1', '0b295321acde5e7f32c9ed40d0471eb8cbfafa304384b35f80dec9fb1fabd3a0'],
  ['libopen62541-1.4-dev', '1.4.11.1-1', '0f0d2cf878209fe366d1bd3faddc3548b9a2fe009ac1ed5717e9dce34d71737b'],
  [
    'libmbedcrypto16',
    '3.6.6-0.1~deb13u1',
    'b38baf2ecaca7b28b3005d34b8108ee9b17681426b20662813995e939aea6dfa',
  ],
  ['libmbedx509-7', '3.6.6-0.1~deb13u1', 'e0b6630efcf9eae2e05172496576bc3235be134a6bbf8da4cf3570fba65f65b8'],
] as const;

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Our server on open62541: compiled against the system's library, else against Debian trixie's, which is unpacked into
 * the cache folder without root.
 */
export function findOpen62541(): FoundPeer {
  const source = join(packageRoot(), 'bench', 'peers', 'open62541-server.c');
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12);
  const program = join(peersFolder(), `open62541-server-${hash}`);
  const libraries = join(peersFolder(), 'open62541', 'usr', 'lib', 'x86_64-linux-gnu');
  const found: PeerProgram = {
    command: program,
    parameters: [],
    environment: { LD_LIBRARY_PATH: libraries },
  };
  if (existsSync(program)) return { found: true, program: found };
  if (spawnSync('cc', ['--version']).status !== 0)
    return { found: false, reason: 'there is no cc on the PATH' };
  mkdirSync(peersFolder(), { recursive: true });
  const partial = `${program}.${process.pid}`;
  const compile = (options: readonly string[]) =>
    failureOf('cc', ['-O2', '-o', partial, source, ...options, '-lopen62541']);
  if (compile([]) !== undefined) {
    const missing = unpackPackages(join(peersFolder(), 'open62541'));
    if (missing !== undefined) return { found: false, reason: missing };
    const include = join(peersFolder(), 'open62541', 'usr', 'include');
    const failure = compile([`-I${include}`, `-L${libraries}`, `-Wl,-rpath-link,${libraries}`]);
    if (failure !== undefined)
      return { found: false, reason: `open62541-server.c does not compile: ${failure}` };
  }
  renameSync(partial, program);
  return { found: true, program: found };
}

/** @returns why the packages cannot be had, if so */
function unpackPackages(target: string): string | undefined {
  if (existsSync(target)) return undefined;
  if (process.arch !== 'x64') return `the packages are of amd64, this machine is ${process.arch}`;
  if (!existsSync(KEYRING))
    return `no open62541 is installed, and ${KEYRING}, which its packages need, is absent`;
  const partial = mkdtempSync(join(peersFolder(), 'partial-'));
  try {
    const options = aptOptions(partial);
    const names = PACKAGES.map(([name, version]) => `${name}=${version}`);
    const failure =
      failureOf('apt-get', [...options, 'update'], partial) ??
      failureOf('apt-get', [...options, 'download', ...names], partial);
    if (failure !== undefined) return `trixie's packages of open62541 could not be fetched: ${failure}`;
    for (const [name, version, sha256] of PACKAGES) {
      const file = join(partial, `${name}_${version}_amd64.deb`);
      if (createHash('sha256').update(readFileSync(file)).digest('hex') !== sha256)
        return `${name} ${version} has another SHA-256 than it had`;
      const broken = failureOf('dpkg-deb', ['-x', file, join(partial, 'root')]);
      if (broken !== undefined) return `${name} could not be unpacked: ${broken}`;
    }
    renameSync(join(partial, 'root'), target);
    return undefined;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** apt with lists, cache and source of its own, so that it needs no root and leaves the system as it is. */
function aptOptions(folder: string): string[] {
  mkdirSync(join(folder, 'lists', 'partial'), { recursive: true });
  mkdirSync(join(folder, 'archives', 'partial'), { recursive: true });
  const sources = join(folder, 'trixie.list');
  writeFileSync(sources, `deb [signed-by=${KEYRING} arch=amd64] http://deb.debian.org/debian trixie main\n`);
  return [
    `Dir::State=${folder}`,
    `Dir::State::lists=${join(folder, 'lists')}`,
    'Dir::State::status=/dev/null',
    `Dir::Cache=${folder}`,
    `Dir::Etc::SourceList=${sources}`,
    'Dir::Etc::SourceParts=/dev/null',
    'Acquire::Languages=none',
    'Acquire::Retries=2',
    'Acquire::http::Timeout=20',
    'APT::Sandbox::User=root',
    'APT::Update::Error-Mode=any',
  ].flatMap((option) => ['-o', option]);
}
