import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVICE_NODE_FLAGS } from '../cli/plant/process-flags.ts';
import { type Plant, startPlant } from '../cli/plant/start-plant.ts';
import { launchService } from '../cli/supervise/launch-service.ts';
import { Supervisor } from '../cli/supervise/supervisor.ts';
import { poll } from '../cli/terminal/poll.ts';
import { randomStream } from '../learning/random.ts';
import type { Federation, ModelVersion, Run, TrainerFile } from '../openapi/schemas.ts';
import { CodedError } from '../runtime/errors.ts';
import { entryPoint } from '../runtime/package-root.ts';
import { median, note, printFigure } from './support/figure.ts';

const PARTICIPANTS = 10;
const ROUNDS = 30;
const WARM_UP_ROUNDS = 5;
const SLOTS = 2;

/** 32 inputs, two hidden layers and 4 classes: 25,156 parameters. */
const FEDERATION: Federation = {
  id: 'overhead',
  model: { key: 'dense', hidden: [256, 64] },
  profile: {
    signals: {
      waveform: 'vibration',
      label: 'condition',
      lot: 'lot',
      block: 'block',
      segment: 'segment',
      finished: 'finished',
    },
    window: { length: 1024, hop: 1024 },
    features: { key: 'log-band-power', bands: 32 },
    classes: ['a', 'b', 'c', 'd'],
    testLots: ['test'],
    examples: { ready: 4, maximum: 64, minimumTrain: 1 },
    standardisation: 'local',
  },
  training: { localEpochs: 1, batchSize: 32, seed: 1, optimizer: { key: 'adam', learningRate: 0.001 } },
  rounds: WARM_UP_ROUNDS + ROUNDS,
  cohort: { kind: 'all' },
  quorum: { kind: 'fraction', of: 1 },
  deadlineMs: 60_000,
  maximumUpdateNorm: 1_000_000,
  maximumRoundAttempts: 1,
  evaluation: { everyRounds: 0, of: 'all' },
  strategy: { key: 'fed-avg' },
  share: 'full',
};

/**
 * Milliseconds that a round takes besides training: from opening a round to opening the next, with a real Redis, a real
 * aggregator and a real trainer whose training processes train nothing. Each update is stored, uploaded, hashed, checked
 * and durable; each version is in the AAS before the next round opens.
 */
export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-overhead-'));
  const supervisor = new Supervisor({
    folder,
    report: ({ kind, name }) => note(`round-overhead: ${name} ${kind}`),
  });
  try {
    const plant = await startPlant(supervisor, { folder, port: 0, aasPort: 0 });
    await startIdleTrainer(supervisor, plant, folder);
    const finished = await runRounds(plant);
    const openedAtMs = finished.rounds.map(({ openedAt }) => Date.parse(openedAt));
    const durationsMs = openedAtMs.slice(1).map((openedMs, index) => openedMs - openedAtMs[index]!);
    const counted = durationsMs.slice(WARM_UP_ROUNDS);
    const settings = { participants: PARTICIPANTS, slots: SLOTS, parameters: 25_156, rounds: counted.length };
    printFigure({ name: 'round-overhead', value: median(counted), unit: 'ms', ...settings });
    printFigure({ name: 'round-overhead/slowest', value: Math.max(...counted), unit: 'ms', ...settings });
    printFigure({
      name: 'round-overhead/bytes',
      value: (await bytesPerRound(plant, finished)) / 1e6,
      unit: 'MB',
      ...settings,
    });
  } finally {
    await supervisor.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A folder with one short recording a participant, and a trainer on it. */
async function startIdleTrainer(supervisor: Supervisor, plant: Plant, folder: string): Promise<void> {
  const ids = Array.from({ length: PARTICIPANTS }, (_, index) => `p${index}`);
  const data = join(folder, 'recordings');
  writeRecordings(data, ids);
  const { joinToken } = await request<{ joinToken: string }>(plant, '/api/federations', FEDERATION);
  writeFileSync(join(folder, 'join.token'), joinToken, { mode: 0o600 });
  const trainer: TrainerFile = {
    aggregator: plant.api,
    token: { file: join(folder, 'join.token') },
    queue: {
      redis: plant.queue.url,
      ...(plant.queue.passwordFile === undefined ? {} : { passwordFile: plant.queue.passwordFile }),
    },
    pool: { id: 'idle', slots: SLOTS },
    participants: ids.map((id) => ({ id, source: { folder: { path: data, group: 'client', value: id } } })),
  };
  const launch = launchService({
    name: 'trainer',
    entry: entryPoint('services/trainer/main'),
    folder,
    nodeFlags: SERVICE_NODE_FLAGS,
    settings: () => ({
      trainer,
      folder: join(folder, 'trainer'),
      trainingProcess: 'bench/support/idle-training-process',
    }),
  });
  await supervisor.add('trainer', 'trainer', launch).start();
}

function writeRecordings(folder: string, ids: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  const rows = ['file,client,label,split'];
  for (const id of ids) {
    const random = randomStream({ seed: 1, round: 0, participant: id, purpose: 'bench' });
    for (const label of FEDERATION.profile.classes) {
      for (const split of ['train', 'test']) {
        const file = `${id}-${label}-${split}.csv`;
        const values = Array.from({ length: 2048 }, () => random.normal().toFixed(5));
        writeFileSync(join(folder, file), ['value', ...values, ''].join('\n'));
        rows.push(`${file},${id},${label},${split}`);
      }
    }
  }
  writeFileSync(join(folder, 'manifest.csv'), `${rows.join('\n')}\n`);
}

async function runRounds(plant: Plant): Promise<Run> {
  await poll(
    async () => {
      const all = await request<{ state: string }[]>(plant, '/api/participants');
      return all.filter(({ state }) => state === 'ready').length === PARTICIPANTS ? all : undefined;
    },
    { what: 'the participants', timeoutMs: 60_000 },
  );
  const { id } = await request<Run>(plant, `/api/federations/${FEDERATION.id}/runs`, {});
  const finished = await poll(
    async () => {
      const run = await request<Run>(plant, `/api/runs/${id}`);
      return ['completed', 'failed', 'stopped'].includes(run.state) ? run : undefined;
    },
    { what: 'the rounds', timeoutMs: 300_000, intervalMs: 500 },
  );
  if (finished.state !== 'completed')
    throw new CodedError('E_RUN_FAILED', `the run ${finished.state}: ${finished.reason}`);
  return finished;
}

/** Bytes of a round: every update up, and the version down once a host. */
async function bytesPerRound(plant: Plant, finished: Run): Promise<number> {
  const versions = await request<ModelVersion[]>(plant, `/api/federations/${FEDERATION.id}/versions`);
  const last = finished.rounds.at(-1);
  const updates = (last?.contributions ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
  return updates + (versions.at(-1)?.bytes ?? 0);
}

async function request<Body>(plant: Plant, path: string, body?: object): Promise<Body> {
  const headers = { 'content-type': 'application/json' };
  const init = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) };
  const response = await fetch(`${plant.api}${path}`, init);
  if (!response.ok)
    throw new CodedError('E_RUN_FAILED', `${path} answers ${response.status}: ${await response.text()}`);
  return (await response.json()) as Body;
}
