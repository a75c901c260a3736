import { CodedError, type Fault } from '../../runtime/errors.ts';
import { runProgram } from './run-program.ts';
import type { SetupSource } from './setup-source.ts';

interface WantedTools {
  readonly source: SetupSource;
  /** Whether the wheels are fetched by pip, and a binding is compiled. */
  readonly compiles: boolean;
  /** Oldest version of the C library that what is fetched runs on, such as 2.27. */
  readonly glibc: string;
  readonly signal: AbortSignal;
}

/** A program that is there answers at once. */
const ANSWER_TIMEOUT_MS = 30_000;

/**
 * Refuses a machine that lacks a program or has another C library, naming all that is missing, before anything is
 * downloaded.
 * @throws CodedError `E_SETUP_FAILED`
 */
export async function requireTools({ source, compiles, glibc, signal }: WantedTools): Promise<void> {
  const faults: Fault[] = [];
  const wants = async (path: string, message: string, isThere: Promise<boolean>): Promise<void> => {
    if (!(await isThere)) faults.push({ path, message });
  };
  const libraryFault = process.platform === 'linux' ? glibcFault(ownGlibc(), glibc) : undefined;
  if (libraryFault !== undefined) faults.push(libraryFault);
  await wants('tar', 'is not there (Debian: apt-get install tar)', runs('tar', ['--version'], signal));
  if (compiles) {
    const message = 'is no C++ compiler that runs (Debian: apt-get install g++; CXX names another)';
    await wants(cxxCompiler(), message, runs(cxxCompiler(), ['--version'], signal));
  }
  if (source.kind === 'registries') {
    const npm = npmProgram();
    await wants('npm', 'does not run', runs(npm.file, [...npm.parameters, '--version'], signal));
    const pip = findPip(signal).then(
      () => true,
      () => false,
    );
    if (compiles)
      await wants('pip', 'there is no Python with pip (Debian: apt-get install python3-pip)', pip);
  }
  signal.throwIfAborted();
  if (faults.length === 0) return;
  const message = 'this machine lacks what the setup needs; nothing was downloaded';
  throw new CodedError('E_SETUP_FAILED', message, { faults });
}

/** The C++ compiler of the environment, else g++. */
export function cxxCompiler(): string {
  return process.env['CXX'] || 'g++';
}

/** Any Python that has pip will do: the wheels' own Python version is said to pip. @throws CodedError `E_SETUP_FAILED` */
export async function findPip(signal: AbortSignal): Promise<string> {
  for (const python of ['python3', 'python']) {
    if (await runs(python, ['-m', 'pip', '--version'], signal)) return python;
    signal.throwIfAborted();
  }
  const message =
    'there is no Python with pip; install one (Debian: apt-get install python3-pip), or use --from-wheel';
  throw new CodedError('E_SETUP_FAILED', message);
}

/** The npm that runs this script, else that on PATH. */
export function npmProgram(): { file: string; parameters: readonly string[] } {
  const script = process.env['npm_execpath'];
  if (script?.endsWith('.js') === true) return { file: process.execPath, parameters: [script] };
  return { file: process.platform === 'win32' ? 'npm.cmd' : 'npm', parameters: [] };
}

async function runs(program: string, parameters: readonly string[], signal: AbortSignal): Promise<boolean> {
  const options = { timeoutMs: ANSWER_TIMEOUT_MS, signal };
  return runProgram(program, parameters, program, options).then(
    () => true,
    () => false,
  );
}

/**
 * What is wrong with the C library of a machine.
 * @param own its version; undefined for another one than GNU's.
 */
export function glibcFault(own: string | undefined, wanted: string): Fault | undefined {
  if (own !== undefined && minorVersions(own) >= minorVersions(wanted)) return undefined;
  const found = own === undefined ? 'is another C library (musl?)' : `is ${own}`;
  return { path: 'glibc', message: `${found}; what is fetched is built for glibc ${wanted} or newer` };
}

/** Version of the GNU C library that this process runs on; undefined on another one. */
function ownGlibc(): string | undefined {
  // The report is plain data of Node's; its header has this field on the GNU C library only.
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime;
}

/** `2.27` as a number that grows with it. */
function minorVersions(version: string): number {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major * 1000 + minor;
}
