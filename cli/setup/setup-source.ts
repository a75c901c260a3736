import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, type Fault } from '../../runtime/errors.ts';
import { type PinnedPackage, type PinnedWheel, packedName } from './pinned-packages.ts';
import { runProgram } from './run-program.ts';
import { findPip, npmProgram } from './setup-tools.ts';
import { sha256OfFile } from './sha256-of-file.ts';

/** Where the setup gets its files from. */
export type SetupSource =
  | { readonly kind: 'registries' /** Package index in place of PyPI. */; readonly mirror?: string }
  | { readonly kind: 'folder'; readonly folder: string };

interface FetchOptions {
  readonly source: SetupSource;
  /** Empty or new folder for downloads. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Time for one download, in milliseconds; a wheel for GPUs has up to 700 MB. */
const DOWNLOAD_TIMEOUT_MS = 3_600_000;

/** Kinds of Linux that libtensorflow itself runs on, as pip names them; pip takes only those that are said. */
const PLATFORMS = ['2_27', '2_25', '2_24', '2_17', '2_12', '2_5'].map(
  (version) => `manylinux_${version}_x86_64`,
);
const OLD_PLATFORMS = ['manylinux2014_x86_64', 'manylinux2010_x86_64', 'manylinux1_x86_64'];

/**
 * Refuses a folder that lacks files, with the names of all that are missing, before anything is done.
 * @throws CodedError `E_FILE_NOT_FOUND`
 */
export function requireFiles(source: SetupSource, names: readonly string[]): void {
  if (source.kind !== 'folder') return;
  const faults: Fault[] = names
    .filter((name) => !existsSync(join(source.folder, name)))
    .map((name) => ({ path: name, message: 'is not there' }));
  if (faults.length === 0) return;
  const message = `${source.folder} lacks files; docs/gpu.md says how to fetch them on another machine`;
  throw new CodedError('E_FILE_NOT_FOUND', message, { faults });
}

/** Fetches an npm package as a packed file; none of its scripts runs. @throws CodedError `E_SETUP_FAILED` */
export async function fetchPackage(pinned: PinnedPackage, options: FetchOptions): Promise<string> {
  const { source, folder, signal } = options;
  const name = packedName(pinned);
  if (source.kind === 'folder') return checked(join(source.folder, name), pinned.sha256);
  await mkdir(folder, { recursive: true });
  const npm = npmProgram();
  const parameters = [`${pinned.name}@${pinned.version}`, '--pack-destination', folder, '--ignore-scripts'];
  await runProgram(npm.file, [...npm.parameters, 'pack', ...parameters], `fetching ${pinned.name} by npm`, {
    cwd: folder,
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
    signal,
  });
  return checked(join(folder, name), pinned.sha256);
}

/** Fetches a wheel by pip. @throws CodedError `E_SETUP_FAILED` */
export async function fetchWheel(pinned: PinnedWheel, options: FetchOptions): Promise<string> {
  const { source, folder } = options;
  if (source.kind === 'folder') return checked(join(source.folder, pinned.file), pinned.sha256);
  await pipDownload(`${pinned.name}==${pinned.version}`, options);
  return checked(join(folder, pinned.file), pinned.sha256);
}

async function pipDownload(requirement: string, { source, folder, signal }: FetchOptions): Promise<void> {
  const python = await findPip(signal);
  await mkdir(folder, { recursive: true });
  const mirror = source.kind === 'registries' ? source.mirror : undefined;
  const index =
    mirror === undefined ? [] : ['--index-url', mirror, '--trusted-host', new URL(mirror).hostname];
  const platforms = [...PLATFORMS, ...OLD_PLATFORMS].flatMap((platform) => ['--platform', platform]);
  const only = ['--no-deps', '--only-binary=:all:', '--implementation', 'cp', '--python-version', '3.12'];
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-cache-dir', '--no-input'];
  const parameters = ['-m', 'pip', 'download', ...quiet, ...index, ...only, ...platforms, '-d', folder];
  // A mirror is asked instead of what the user's configuration names, not besides it.
  const own =
    mirror === undefined ? {} : { PIP_CONFIG_FILE: '/dev/null', PIP_EXTRA_INDEX_URL: '', PIP_FIND_LINKS: '' };
  await runProgram(python, [...parameters, requirement], `fetching ${requirement} by pip`, {
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
    signal,
    environment: { ...process.env, ...own },
  });
}

async function checked(file: string, sha256: string): Promise<string> {
  const found = await sha256OfFile(file);
  if (found === sha256) return file;
  throw new CodedError('E_SETUP_FAILED', `${file} has sha256 ${found}, expected ${sha256}`);
}
