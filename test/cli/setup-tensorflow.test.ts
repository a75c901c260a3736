import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { OPERATIONS } from '../../bench/gradients/operations.ts';
import { type SweptOperation, sweepBackend } from '../../bench/gradients/sweep-backend.ts';
import { toleranceOf } from '../../bench/gradients/tolerance.ts';
import {
  CPU_WHEEL,
  CUDA_WHEELS,
  GOOGLE_PROTOBUF,
  GPU_WHEEL,
  NODE_API_HEADERS,
  packedName,
  TFJS_NODE_GPU,
  WEBGPU,
} from '../../cli/setup/pinned-packages.ts';
import { glibcFault } from '../../cli/setup/setup-tools.ts';
import { sha256OfFile } from '../../cli/setup/sha256-of-file.ts';
import { unpackWheel } from '../../cli/setup/wheel.ts';
import { defaultCacheFolder } from '../../queue/cache-folder.ts';
import { silentLog } from '../../runtime/log.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { Backends } from '../../services/trainer/backends/backends.ts';
import {
  backendFolder,
  expectedNumerics,
  INSTALLED_MARKER,
} from '../../services/trainer/backends/installed-backend.ts';
import {
  TENSORFLOW_VERSION,
  TFJS_VERSION,
  WEBGPU_VERSION,
} from '../../services/trainer/backends/versions.ts';
import { wasmNumerics } from '../../services/trainer/backends/wasm-numerics.ts';
import { TrainingSlots } from '../../services/trainer/training/training-slots.ts';

const SETUP = join(__dirname, '..', '..', 'dist', 'cli', 'setup', 'main.js');
const TOOLS = ['python3 -m pip --version', 'g++ --version', 'npm --version', 'tar --version'];

/** Between test runs, as a user's browser would keep it: 274 MB. */
const wheelFolder = join(defaultCacheFolder(), 'test-wheels');
const work = mkdtempSync(join(tmpdir(), 'fedshell-setup-'));

afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Why the whole setup cannot be tried here; undefined where it can. */
function cannotTry(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs Linux x64';
  const missing = TOOLS.find((tool) => spawnSync('sh', ['-c', tool]).status !== 0);
  if (missing !== undefined) return `needs ${missing.split(' ')[0]}`;
  if (existsSync(join(wheelFolder, CPU_WHEEL.file))) return undefined;
  mkdirSync(wheelFolder, { recursive: true });
  const partial = mkdtempSync(join(wheelFolder, 'partial-'));
  const only =
    '--no-deps --only-binary=:all: --implementation cp --python-version 3.12 --platform manylinux_2_27_x86_64';
  const command = `python3 -m pip download -q ${only} -d '${partial}' ${CPU_WHEEL.name}==${CPU_WHEEL.version}`;
  const got = spawnSync('sh', ['-c', `${command} && mv '${partial}'/*.whl '${wheelFolder}'`], {
    timeout: 300_000,
  });
  rmSync(partial, { recursive: true, force: true });
  return got.status === 0 ? undefined : 'needs a package index with tensorflow-cpu';
}

interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the setup with a cache folder of its own. @param onOutput sees what it wrote so far. */
function setup(
  cache: string,
  parameters: readonly string[],
  onOutput: (text: string, kill: () => void) => void = () => undefined,
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [SETUP, ...parameters], {
      env: { ...process.env, XDG_CACHE_HOME: cache, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
      onOutput(stdout, () => child.kill('SIGTERM'));
    });
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

/** Names of all that a setup left in its cache folder. */
function leftIn(cache: string): string[] {
  const folder = join(cache, 'fedshell', 'backends');
  return existsSync(folder) ? readdirSync(folder) : [];
}

describe('the pinned packages', () => {
  it('are of the versions that the trainer looks for', () => {
    expect(TFJS_NODE_GPU.version).toBe(TFJS_VERSION);
    expect(CPU_WHEEL.version).toBe(TENSORFLOW_VERSION);
    expect(WEBGPU.version).toBe(WEBGPU_VERSION);
  });
});

describe('the refusals of setup:tensorflow', () => {
  it('names every file that a folder lacks, and makes nothing', async () => {
    const cache = join(work, 'lacking');
    const { exitCode, stderr } = await setup(cache, ['--from-wheel', work]);

    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^E_FILE_NOT_FOUND: /);
    for (const name of [
      CPU_WHEEL.file,
      ...[TFJS_NODE_GPU, GOOGLE_PROTOBUF, NODE_API_HEADERS].map(packedName),
    ]) {
      expect(stderr).toContain(`  ${name}: is not there`);
    }
    expect(leftIn(cache)).toEqual([]);
  });

  it('names every wheel of CUDA that a folder lacks, one of another version too', async () => {
    const cache = join(work, 'lacking-cuda');
    const folder = join(work, 'other-versions');
    mkdirSync(folder);
    for (const { file, version } of CUDA_WHEELS) {
      writeFileSync(join(folder, file.replace(version, '99.0')), 'another version');
    }
    const { exitCode, stderr } = await setup(cache, ['--gpu', '--from-wheel', folder]);

    expect(exitCode).toBe(2);
    expect(CUDA_WHEELS).toHaveLength(12);
    for (const { file } of [GPU_WHEEL, ...CUDA_WHEELS]) expect(stderr).toContain(`  ${file}: is not there`);
    expect(leftIn(cache)).toEqual([]);
  });

  it('names every program that the machine lacks, before it fetches anything', async () => {
    const cache = join(work, 'bare');
    const nothing = join(work, 'no-programs');
    mkdirSync(nothing);
    const bare = { PATH: nothing, CXX: 'no-such-compiler', npm_execpath: undefined };
    const { exitCode, stdout, stderr } = await setup(cache, [], undefined, bare);

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^E_SETUP_FAILED: this machine lacks what the setup needs/);
    for (const name of ['tar', 'no-such-compiler', 'npm', 'pip']) expect(stderr).toContain(`\n  ${name}: `);
    expect(stdout).not.toContain('fetching');
    expect(leftIn(cache)).toEqual([]);
  });

  it('tells an older C library and another one than GNU’s', () => {
    expect(glibcFault('2.27', '2.27')).toBeUndefined();
    expect(glibcFault('2.100', '2.34')).toBeUndefined();
    expect(glibcFault('2.31', '2.34')?.message).toContain('is 2.31');
    expect(glibcFault(undefined, '2.27')?.message).toContain('musl');
  });

  it('takes no file of another content, and leaves nothing half-done', async () => {
    const cache = join(work, 'forged');
    const folder = join(work, 'forged-files');
    mkdirSync(folder);
    for (const name of [
      CPU_WHEEL.file,
      ...[TFJS_NODE_GPU, GOOGLE_PROTOBUF, NODE_API_HEADERS].map(packedName),
    ]) {
      writeFileSync(join(folder, name), 'not this');
    }
    const { exitCode, stderr } = await setup(cache, ['--from-wheel', folder]);

    expect(exitCode).toBe(1);
    expect(stderr).toContain(`E_SETUP_FAILED: ${join(folder, CPU_WHEEL.file)} has sha256`);
    expect(leftIn(cache)).toEqual([]);
  });

  it('says which options contradict each other', async () => {
    const both = await setup(work, ['--gpu', '--webgpu']);
    const sources = await setup(work, ['--from-wheel', work, '--from-mirror', 'http://mirror/simple']);

    expect([both.exitCode, sources.exitCode]).toEqual([2, 2]);
    expect(both.stderr).toContain('--gpu and --webgpu');
    expect(sources.stderr).toContain('--from-wheel and --from-mirror');
  });
});

const reason = cannotTry();
const describeWhole = reason === undefined ? describe : describe.skip;

describeWhole(`setup:tensorflow on a processor${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const cache = join(work, 'cache');
  const requested: string[] = [];
  const mirror = createServer((request, response) => {
    requested.push(request.url ?? '');
    if (request.url === `/simple/${CPU_WHEEL.name}/`) {
      response.setHeader('content-type', 'text/html');
      response.end(`<a href="/files/${CPU_WHEEL.file}#sha256=${CPU_WHEEL.sha256}">${CPU_WHEEL.file}</a>`);
    } else if (request.url === `/files/${CPU_WHEEL.file}`) {
      createReadStream(join(wheelFolder, CPU_WHEEL.file)).pipe(response);
    } else response.writeHead(404).end();
  });
  let index: string;

  beforeAll(async () => {
    await once(mirror.listen(0, '127.0.0.1'), 'listening');
    index = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}/simple`;
  });
  afterAll(() => {
    mirror.close();
    mirror.closeAllConnections();
  });

  it('leaves nothing when it is called off', async () => {
    const killedCache = join(work, 'killed');
    const { exitCode, stderr } = await setup(killedCache, ['--from-mirror', index], (text, kill) => {
      if (text.includes('unpacking')) kill();
    });

    expect(stderr).toContain('E_ABORTED: the setup was called off; nothing half-done is left');
    expect(exitCode).toBe(1);
    expect(leftIn(killedCache)).toEqual([]);
  });

  it('brings a backend from a mirror that trains here, in place of a broken one', async () => {
    const broken = backendFolder('tensorflow', join(cache, 'fedshell'));
    mkdirSync(broken, { recursive: true });
    writeFileSync(join(broken, INSTALLED_MARKER), '{}');

    const { exitCode, stdout, stderr } = await setup(cache, ['--from-mirror', index]);

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(`tensorflow in ${broken} does not work any more`);
    expect(stdout).toMatch(/\nneeds +download 0\.3 GB, disk 1\.2 GB while it works, 0\.9 GB after it\n/);
    expect(stdout).toMatch(/\nversion +tensorflow, libtensorflow 2\.21\.0, tfjs 4\.22\.0\n/);
    expect(stdout).toMatch(/\ndevice +CPU\n/);
    expect(stdout).toMatch(/\ntraining +right; [\d.]+ steps\/s/);
    expect(requested).toContain(`/files/${CPU_WHEEL.file}`);
    expect(leftIn(cache)).toEqual([basename(broken)]);
  });

  it('finds it set up the second time, and fetches nothing', async () => {
    requested.length = 0;
    const { exitCode, stdout } = await setup(cache, ['--from-mirror', index]);

    expect(exitCode).toBe(0);
    expect(stdout).toContain('tensorflow is set up in');
    expect(requested).toEqual([]);
  });

  it('pins of CUDA what the wheel requires', async () => {
    const into = join(work, 'metadata');
    const isMetadata = (name: string) => name.endsWith('.dist-info/METADATA');
    const signal = new AbortController().signal;
    await unpackWheel(join(wheelFolder, CPU_WHEEL.file), isMetadata, { into, signal });
    const metadata = readFileSync(join(into, readdirSync(into)[0]!, 'METADATA'), 'utf8');

    const required = [
      ...metadata.matchAll(/^Requires-Dist: ([\w-]+)<([\d.]+),>=([\d.]+); extra == "and-cuda"/gm),
    ];

    expect(required).toHaveLength(CUDA_WHEELS.length);
    const number = (version: string) =>
      version.split('.').reduce((sum, part, index) => sum + Number(part) * 1000 ** (3 - index), 0);
    for (const [, name, below, least] of required) {
      const { version } = CUDA_WHEELS.find((wheel) => wheel.name === name)!;
      expect(number(version)).toBeLessThan(number(below!));
      expect(number(version)).toBeGreaterThanOrEqual(number(least!));
    }
  });

  it('gives the gradients that the processor’s own backend gives', async () => {
    const folder = backendFolder('tensorflow', join(cache, 'fedshell'));

    const swept = await sweepBackend({ numerics: expectedNumerics('tensorflow'), folder });

    expect(swept.map(({ operation }) => operation)).toEqual(OPERATIONS.map(({ name }) => name));
    const within = ({ operation, difference }: SweptOperation) =>
      difference <= toleranceOf('tensorflow', operation);
    expect(swept.filter((each) => !within(each))).toEqual([]);
  });

  it('gives trainers a backend that their training processes take and leave', async () => {
    const cacheFolder = join(cache, 'fedshell');
    const settings = { backend: 'tensorflow' } as const;
    const backends = await Backends.open({ settings, slots: 1, cacheFolder, log: silentLog });
    const native = backends.require(backends.preferred);
    const entry = entryPoint('services/trainer/training/process');
    const slots = new TrainingSlots({ slots: 1, entry, log: silentLog });

    expect(native).toMatchObject({
      numerics: { backend: 'tensorflow', build: 'libtensorflow 2.21.0', device: 'cpu' },
      folder: backendFolder('tensorflow', cacheFolder),
    });
    const tasks: string[] = [];
    for (const backend of [native, backends.require(wasmNumerics('simd')), native]) {
      tasks.push((await slots.perform({ kind: 'probe' }, { backend })).backend);
    }
    expect(tasks).toEqual(['tensorflow', 'wasm', 'tensorflow']);
    await slots.close();
    await backends.close();
  });
});

it('hashes a file as a stream', async () => {
  const file = join(work, 'content');
  writeFileSync(file, 'abc');

  expect(await sha256OfFile(file)).toBe(createHash('sha256').update('abc').digest('hex'));
});
