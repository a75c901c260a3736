import { Command, CommanderError } from 'commander';
import { CodedError, toCodedError } from '../../runtime/errors.ts';
import { EXIT_BAD_INPUT, exitCodeOf, reportFailure } from '../terminal/report-failure.ts';
import { setUp } from './set-up.ts';
import type { SetupSource } from './setup-source.ts';
import { tensorflowRecipe } from './tensorflow-recipe.ts';
import { webGpuRecipe } from './webgpu-recipe.ts';

interface Flags {
  readonly gpu?: boolean;
  readonly webgpu?: boolean;
  readonly softwareGpu?: boolean;
  readonly fromWheel?: string;
  readonly fromMirror?: string;
}

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What `npm run setup:tensorflow` runs. It is no command of `fedshell`: nothing there downloads native code. */
async function main(parameters: readonly string[]): Promise<number> {
  const calledOff = new AbortController();
  for (const name of ENDING_SIGNALS) process.once(name, () => calledOff.abort());
  const program = new Command('npm run setup:tensorflow --')
    .description(
      'bring a native tensor backend: libtensorflow for the processor, with --gpu for NVIDIA GPUs, with --webgpu for any GPU',
    )
    .option(
      '--gpu',
      'libtensorflow for NVIDIA GPUs with the CUDA 12 libraries; the host needs only the driver',
    )
    .option('--webgpu', 'WebGPU: any GPU with a Vulkan driver, or Metal, or Direct3D 12')
    .option('--software-gpu', 'with --webgpu: a GPU imitated in software will do, for tests')
    .option('--from-wheel <folder>', 'take all files from a folder; no network (docs/gpu.md lists them)')
    .option('--from-mirror <url>', 'package index in place of PyPI, such as http://mirror/simple')
    .exitOverride()
    .action((flags: Flags) => bring(flags, calledOff.signal));
  try {
    await program.parseAsync([...parameters], { from: 'user' });
    return 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : EXIT_BAD_INPUT;
    const error = calledOff.signal.aborted
      ? new CodedError('E_ABORTED', 'the setup was called off; nothing half-done is left')
      : toCodedError(thrown);
    reportFailure(error, false);
    return exitCodeOf(error);
  }
}

async function bring(flags: Flags, signal: AbortSignal): Promise<void> {
  const { gpu = false, webgpu = false, softwareGpu = false, fromWheel, fromMirror } = flags;
  if (gpu && webgpu)
    throw new CodedError('E_INVALID_INPUT', 'choose one of --gpu and --webgpu; run it twice for both');
  if (fromWheel !== undefined && fromMirror !== undefined) {
    throw new CodedError('E_INVALID_INPUT', 'choose one of --from-wheel and --from-mirror');
  }
  if (fromMirror !== undefined && !URL.canParse(fromMirror)) {
    throw new CodedError('E_INVALID_INPUT', `--from-mirror ${fromMirror} is not a URL`);
  }
  const source: SetupSource =
    fromWheel === undefined
      ? { kind: 'registries', ...(fromMirror !== undefined && { mirror: fromMirror }) }
      : { kind: 'folder', folder: fromWheel };
  const { defaultCacheFolder } = await import('../../queue/provision.ts');
  await setUp({
    recipe: webgpu ? webGpuRecipe(source) : tensorflowRecipe(gpu, source),
    source,
    cacheFolder: defaultCacheFolder(),
    softwareGpu,
    signal,
  });
}

const exitCode = await main(process.argv.slice(2));
process.stdout.write('', () => process.exit(exitCode));
