import { entryPoint } from '../runtime/package-root.ts';
import { median, note, printFigure } from './support/figure.ts';
import { findNode } from './training/find-node.ts';
import { findPeer } from './training/find-peer.ts';
import { MEASURED_MODELS } from './training/measured-models.ts';
import { PEER_PROGRAM } from './training/peer-program.ts';
import { type SteppingProcess, startStepping } from './training/stepping-process.ts';

const BACKENDS = ['wasm', 'tensorflow', 'webgpu'];
const PAIRS = 5;
const SECONDS = 2;

/**
 * The goals are for a processor with AVX2: what lies beyond is switched off in the peer, which our side, with vectors of
 * 128 bits, cannot use anyway. `--peer-instructions=all` leaves it the whole processor.
 */
const AVX2_ONLY = {
  ATEN_CPU_CAPABILITY: 'avx2',
  ONEDNN_MAX_CPU_ISA: 'AVX2',
  MKL_ENABLE_INSTRUCTIONS: 'AVX2',
};

/**
 * Training steps a second on one core, of each model on each backend that is here, and over PyTorch on the same core with
 * the same batch: pairs of two seconds each, one after the other, the median of the pairs.
 */
export async function run(flags: readonly string[]): Promise<void> {
  const optionOf = (name: string) => flags.find((flag) => flag.startsWith(`--${name}=`))?.split('=')[1];
  const major = optionOf('node');
  const node = major === undefined ? process.execPath : await findNode(Number(major));
  const only = optionOf('model')?.split(',');
  const peerInstructions = optionOf('peer-instructions') ?? 'avx2';
  const python = await findPeer();
  if (python === undefined) {
    note(
      'training: no Python that imports torch, so no ratios; `python3 -m venv peer && peer/bin/pip install torch`,',
    );
    note('training: then PEER_PYTHON=peer/bin/python');
  }
  const start = (key: string, backend: string, core: number) =>
    startStepping([node, entryPoint('bench/training/measuring-process'), key, backend], { core });
  for (const [key, { batchSize }] of MEASURED_MODELS) {
    if (only !== undefined && !only.includes(key)) continue;
    const peer = python === undefined ? undefined : await startPeer(python, key, peerInstructions);
    const ratios: number[] = [];
    for (const backend of BACKENDS) {
      const own = await start(key, backend, 0);
      if ('absent' in own) {
        note(`training: ${backend} is not here: ${own.absent}`);
        continue;
      }
      const settings = { batch: batchSize, pinnedTo: 1, with: own.description };
      const { speed, ratio, peakMb } = await measurePairs(own, peer);
      printFigure({ name: `training/${key}/${backend}`, value: speed, unit: 'steps/s', ...settings });
      if (key === 'cnn-2d-64' && backend === 'wasm') {
        printFigure({ name: `training/${key}/memory`, value: peakMb, unit: 'MB', ...settings });
      }
      if (ratio !== undefined && peer !== undefined) {
        ratios.push(ratio);
        const against = { peer: peer.description, peerInstructions };
        if (backend === 'wasm') {
          printFigure({
            name: `training/${key}/wasm-ratio`,
            value: ratio,
            unit: 'times',
            ...settings,
            ...against,
          });
        }
      }
    }
    if (ratios.length > 0 && peer !== undefined) {
      const against = { batch: batchSize, peer: peer.description, peerInstructions };
      printFigure({ name: `training/${key}/ratio`, value: Math.max(...ratios), unit: 'times', ...against });
    }
    peer?.stop();
  }
  if (only === undefined || only.includes('two-slots')) await measureTwoSlots(start);
}

async function startPeer(
  python: string,
  key: string,
  instructions: string,
): Promise<SteppingProcess | undefined> {
  const environment = instructions === 'all' ? {} : AVX2_ONLY;
  const peer = await startStepping([python, '-W', 'ignore', '-c', PEER_PROGRAM, key], {
    core: 0,
    environment,
  });
  if (!('absent' in peer)) return peer;
  note(`training: PyTorch does not start: ${peer.absent}`);
  return undefined;
}

/** Ours and the peer's turns alternate, so that what else the machine does meets both. */
async function measurePairs(own: SteppingProcess, peer: SteppingProcess | undefined) {
  const [speeds, ratios]: [number[], number[]] = [[], []];
  let peakMb = 0;
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const ours = await own.measure(SECONDS);
    speeds.push(ours.stepsPerSecond);
    peakMb = ours.peakMb;
    if (peer !== undefined) ratios.push(ours.stepsPerSecond / (await peer.measure(SECONDS)).stepsPerSecond);
  }
  own.stop();
  return { speed: median(speeds), ratio: peer === undefined ? undefined : median(ratios), peakMb };
}

/** Two processes on two cores over one: what a second slot brings. */
async function measureTwoSlots(
  start: (key: string, backend: string, core: number) => ReturnType<typeof startStepping>,
): Promise<void> {
  const [one, other] = await Promise.all([start('cnn-2d-64', 'wasm', 0), start('cnn-2d-64', 'wasm', 1)]);
  if ('absent' in one || 'absent' in other) return;
  const gains: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const alone = await one.measure(SECONDS);
    const both = await Promise.all([one.measure(SECONDS), other.measure(SECONDS)]);
    gains.push(both.reduce((sum, { stepsPerSecond }) => sum + stepsPerSecond, 0) / alone.stepsPerSecond);
  }
  one.stop();
  other.stop();
  const settings = { model: 'cnn-2d-64', with: one.description };
  printFigure({ name: 'training/two-slots', value: median(gains), unit: 'times', ...settings });
}
