import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../runtime/log.ts';
import { entryPoint } from '../runtime/package-root.ts';
import { generatedParticipants } from '../services/simulation/generated-participants.ts';
import { readKernels } from '../services/simulation/read-kernels.ts';
import { folderShelf } from '../services/simulation/shelf.ts';
import { type SimulationResult, simulate } from '../services/simulation/simulation.ts';
import { TrainingSlots } from '../services/trainer/training/training-slots.ts';
import { compareBits } from './simulation/networked-bits.ts';
import { NUMBERS } from './simulation/numbers.ts';
import { note, printFigure } from './support/figure.ts';
import { RunningDemo } from './support/running-demo.ts';

const PARTICIPANTS = 1000;
const SLOTS = 2;
const SEED = 1;
const NETWORKED_ROUNDS = 3;

/**
 * Seconds that a simulation of 1,000 participants takes, from the start of its training processes to its last version:
 * 100 rounds of 10, real training of 60 examples each, evaluation every 20 rounds on 10,000 held-out examples.
 */
export async function run(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'fedshell-simulation-'));
  try {
    await measure(work);
    await compare(work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function measure(work: string): Promise<void> {
  const shared = { profile: NUMBERS.profile, seed: SEED };
  const into = (name: string) => {
    mkdirSync(join(work, name));
    return join(work, name);
  };
  const virtual = await generatedParticipants({
    ...shared,
    participants: PARTICIPANTS,
    testExamples: 0,
    into: into('train'),
  });
  const judges = await generatedParticipants({
    ...shared,
    participants: 10,
    prefix: 'judge',
    trainExamples: 1,
    testExamples: 1000,
    into: into('test'),
  });
  note(`simulation: ${PARTICIPANTS} participants generated`);
  const startedMs = performance.now();
  const tasks = startTasks();
  let result: SimulationResult;
  try {
    tasks.warm();
    result = await simulate({
      ...virtual,
      federation: NUMBERS,
      judges: judges.participants,
      seed: SEED,
      tasks,
      shelf: folderShelf(join(work, 'shelf')),
      kernels: readKernels(),
    });
  } finally {
    await tasks.close();
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const settings = {
    participants: PARTICIPANTS,
    rounds: NUMBERS.rounds,
    cohort: 10,
    parameters: 7850,
    slots: SLOTS,
    seed: SEED,
  };
  const accuracy = result.records.at(-1)?.evaluation?.accuracy ?? Number.NaN;
  const version = result.versions.get('main')?.sha256 ?? '';
  printFigure({ name: 'simulation', value: seconds, unit: 's', ...settings });
  printFigure({ name: 'simulation/accuracy', value: accuracy, unit: 'fraction', version, ...settings });
}

/** How many versions of a networked run of 20 participants have the sha256 of their simulation. */
async function compare(work: string): Promise<void> {
  const demo = new RunningDemo([
    '--participants',
    '20',
    '--rounds',
    String(NETWORKED_ROUNDS),
    '--seed',
    String(SEED),
  ]);
  const tasks = startTasks();
  try {
    const bits = await compareBits(demo, tasks, join(work, 'networked'));
    const equal = bits.networked.filter((version, index) => version === bits.simulated[index]);
    const value = equal.length / bits.networked.length;
    const { participants, rounds } = bits;
    printFigure({
      name: 'simulation/networked-equal',
      value,
      unit: 'fraction of versions',
      participants,
      rounds,
      last: bits.networked.at(-1) ?? '',
    });
  } finally {
    await tasks.close();
    demo.signal('SIGTERM');
    await demo.end();
  }
}

function startTasks(): TrainingSlots {
  return new TrainingSlots({
    slots: SLOTS,
    entry: entryPoint('services/trainer/training/process'),
    log: silentLog,
  });
}
