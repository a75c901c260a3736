import { defaultCacheFolder } from '../queue/cache-folder.ts';
import { describeNumerics } from '../services/trainer/backends/backend-plan.ts';
import { candidateBackends } from '../services/trainer/backends/candidate-backends.ts';
import { probeBackend } from '../services/trainer/backends/probe-backend.ts';
import { note, printFigure } from './support/figure.ts';

/** The published network on its features: log-mel 373 × 64, seven emotions, batch 8. */
const WORKLOAD = { model: { key: 'vgg-15' }, featureShape: [373, 64], classes: 7, batchSize: 8 };

/** The published federation: 68 speakers with 110 train clips each, one local epoch. */
const PARTICIPANTS = 68;
const EXAMPLES = 110;
const SLOTS = [1, 11, 66];

/** A step takes seconds, and some are needed to warm up. */
const TIMEOUT_MS = 900_000;

/**
 * A training step of the published network and its memory on each backend that is here, and from it what a round of 68
 * speakers would take if as many slots ran side by side, each as fast as this one. Training alone is estimated: neither
 * transfers nor evaluation, and no slowing of one slot by another.
 */
export async function run(): Promise<void> {
  const { plans, absent } = candidateBackends({ cacheFolder: defaultCacheFolder(), softwareGpu: false });
  for (const { numerics, reason } of absent)
    note(`vgg15: ${numerics.backend} ${numerics.build} is not here: ${reason}`);
  const seconds: number[] = [];
  for (const plan of plans) {
    const backend = describeNumerics(plan.numerics);
    note(`vgg15: measuring ${backend}`);
    const answer = await probeBackend({ plan, workload: WORKLOAD }, { timeoutMs: TIMEOUT_MS });
    if (answer.kind === 'refused') {
      note(`vgg15: ${backend} failed: ${answer.message}`);
      continue;
    }
    const secondsPerStep = 1 / answer.result.stepsPerSecond;
    seconds.push(secondsPerStep);
    const name = `vgg15/${plan.numerics.backend}-${plan.numerics.build}`;
    const settings = { batch: WORKLOAD.batchSize, shape: '373x64', backend };
    printFigure({ name: `${name}/step`, value: secondsPerStep, unit: 's', ...settings });
    printFigure({ name: `${name}/memory`, value: answer.result.peakBytes / 1e6, unit: 'MB', ...settings });
    for (const slots of SLOTS) {
      const value = roundSeconds(secondsPerStep, slots);
      printFigure({ name: `${name}/round-${slots}`, value, unit: 's', kind: 'estimate', slots, ...settings });
    }
  }
  if (seconds.length > 0)
    printFigure({ name: 'vgg15', value: Math.min(...seconds), unit: 's', of: 'step, best backend' });
}

/** Participants train one after the other in each slot; the fullest slot ends the round. */
function roundSeconds(secondsPerStep: number, slots: number): number {
  const steps = Math.ceil(EXAMPLES / WORKLOAD.batchSize);
  return Math.ceil(PARTICIPANTS / slots) * steps * secondsPerStep;
}
