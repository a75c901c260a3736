import { existsSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
import { printLine } from '../terminal/output.ts';
import { makeWhole } from './make-whole.ts';
import type { SetupSource } from './setup-source.ts';

/** What the trainer's side gives the setup: where things go, and how they are tried. */
type BackendDoor = typeof import('../../services/trainer/probe.ts');

/** One backend that can be brought. */
export interface SetupRecipe {
  readonly kind: 'tensorflow' | 'tensorflow-gpu' | 'webgpu';
  /** Bytes to download, at most. */
  readonly downloadBytes: number;
  /** Bytes on disk while it is made, downloads included, and after it. */
  readonly peakBytes: number;
  readonly keptBytes: number;
  /**
   * Refuses what cannot work, before anything is done.
   * @throws CodedError `E_SETUP_FAILED`, `E_FILE_NOT_FOUND` naming all that is missing.
   */
  check(signal: AbortSignal): Promise<void>;
  /** Fills the folder. */
  fill(folder: string, tools: FillTools): Promise<void>;
}

/** What a recipe fills a folder with. */
export interface FillTools {
  readonly door: BackendDoor;
  readonly source: SetupSource;
  /** For what is downloaded; removed in the end. */
  readonly downloads: string;
  readonly signal: AbortSignal;
}

interface SetupOptions {
  readonly recipe: SetupRecipe;
  readonly source: SetupSource;
  readonly cacheFolder: string;
  /** Whether a GPU imitated in software will do. */
  readonly softwareGpu: boolean;
  readonly signal: AbortSignal;
}

const GIGABYTE = 1e9;

/**
 * Brings a backend, tries it, and only then gives its folder its name. What is there and works is left as it is.
 * @throws CodedError `E_SETUP_FAILED`, `E_DISK_FULL`, `E_FILE_NOT_FOUND`, `E_ABORTED`; nothing half-done stays.
 */
export async function setUp(options: SetupOptions): Promise<void> {
  const { recipe, source, cacheFolder, signal } = options;
  const door = await import('../../services/trainer/probe.ts');
  const target = door.backendFolder(recipe.kind, cacheFolder);
  if (door.installedBackend(recipe.kind, cacheFolder) !== undefined) {
    const answer = await tried(door, target, options);
    if (answer.kind === 'result') {
      printLine(`${recipe.kind} is set up in ${target}`);
      return report(answer.result);
    }
    printLine(`${recipe.kind} in ${target} does not work any more (${answer.message}); it is made anew`);
  }
  await recipe.check(signal);
  await requireDisk(recipe, source, dirname(target));
  printLine(`making ${target}`);
  await makeWhole(target, async (folder) => {
    const downloads = join(folder, 'downloads');
    await recipe.fill(folder, { door, source, downloads, signal });
    await rm(downloads, { recursive: true, force: true });
    const answer = await tried(door, folder, options);
    if (answer.kind === 'refused') {
      throw new CodedError('E_SETUP_FAILED', `what was made does not work: ${answer.message}`);
    }
    const { numerics, deviceName } = answer.result;
    const marker = { kind: recipe.kind, numerics, deviceName, at: new Date().toISOString() };
    await writeFile(join(folder, door.INSTALLED_MARKER), `${JSON.stringify(marker, undefined, 2)}\n`);
    report(answer.result);
  });
  printLine('trainers on this machine find it from their next start on');
}

type Answer = Awaited<ReturnType<BackendDoor['probeBackend']>>;

function tried(door: BackendDoor, folder: string, options: SetupOptions): Promise<Answer> {
  const { recipe, softwareGpu, signal } = options;
  printLine('training check in a process of its own …');
  const numerics = door.expectedNumerics(recipe.kind);
  // The first start on a GPU may compile kernels for it.
  return door.probeBackend({ plan: { numerics, folder, softwareGpu } }, { signal, timeoutMs: 300_000 });
}

function report({
  numerics,
  deviceName,
  stepsPerSecond,
  peakBytes,
}: Extract<Answer, { kind: 'result' }>['result']) {
  const { backend, build, library, device = 'cpu' } = numerics;
  printLine(`version   ${backend}, ${build}, ${library}`);
  printLine(
    `device    ${device === 'gpu' ? (deviceName ?? 'GPU') : `CPU${deviceName ? ` (${deviceName})` : ''}`}`,
  );
  const memory = `${Math.round(peakBytes / 1e6)} MB of memory`;
  printLine(`training  right; ${stepsPerSecond} steps/s of a small dense network, ${memory}`);
}

/** Says what it needs, then looks. @throws CodedError `E_DISK_FULL` */
async function requireDisk(recipe: SetupRecipe, source: SetupSource, folder: string): Promise<void> {
  const { downloadBytes, keptBytes } = recipe;
  const fromFolder = source.kind === 'folder';
  const peakBytes = fromFolder ? recipe.peakBytes - downloadBytes : recipe.peakBytes;
  const gigabytes = (bytes: number) => `${(bytes / GIGABYTE).toFixed(1)} GB`;
  const download = fromFolder ? 'no download' : `download ${gigabytes(downloadBytes)}`;
  printLine(
    `needs     ${download}, disk ${gigabytes(peakBytes)} while it works, ${gigabytes(keptBytes)} after it`,
  );
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  if (bavail * bsize >= peakBytes) return;
  const message = `${existing} has ${gigabytes(bavail * bsize)} free; choose another place with XDG_CACHE_HOME`;
  throw new CodedError('E_DISK_FULL', message);
}
