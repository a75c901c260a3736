import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Federation, TrainerFile } from '../../openapi/schemas.ts';
import { type AggregatorClient, aggregatorClient } from '../api/aggregator-client.ts';
import type { DemoOptions } from '../commands/demo.ts';
import { apiTokenFileFor } from '../plant/api-token-file.ts';
import type { Line } from '../plant/line.ts';
import { lineTrainerFile } from '../plant/line-trainer-file.ts';
import { startCollector } from '../plant/start-collector.ts';
import { startLine } from '../plant/start-line.ts';
import { type Plant, startPlant } from '../plant/start-plant.ts';
import { startTrainer } from '../plant/start-trainer.ts';
import type { Supervisor } from '../supervise/supervisor.ts';
import { ensureFederation } from './demo-federation-token.ts';

const POOL = 'line';

interface StartDemoOptions {
  readonly options: DemoOptions;
  readonly line: Line;
  readonly federation: Federation;
  readonly folder: string;
  readonly supervisor: Supervisor;
  /** Told as soon as the line and the plant run. */
  readonly started: (plant: Plant, endpoint: string) => void;
}

/** Everything that a demo started. */
export interface StartedDemo {
  readonly plant: Plant;
  readonly client: AggregatorClient;
  readonly api: { readonly aggregator: string; readonly apiTokenFile?: string };
}

/** Starts the line, Redis, the aggregator and the trainer, side by side as far as they do not need each other. */
export async function startDemo(demo: StartDemoOptions): Promise<StartedDemo> {
  const { folder, supervisor } = demo;
  const prepared = prepare(demo);
  const places = { folder, trainerFolder: join(folder, `trainer-${POOL}`), pool: POOL };
  const [{ plant, client, api }] = await Promise.all([
    prepared,
    startTrainer(supervisor, { ...places, trainer: async () => (await prepared).trainer }),
    startCollector(supervisor, { ...places, trainerFile: async () => (await prepared).trainerFile }),
  ]);
  return { plant, client, api };
}

/** Starts what the trainer needs and writes its file. */
async function prepare(
  demo: StartDemoOptions,
): Promise<StartedDemo & { readonly trainer: TrainerFile; readonly trainerFile: string }> {
  const { options, line, federation, folder, supervisor, started } = demo;
  const { port, aasPort } = options;
  const apiTokenFile = apiTokenFileFor(folder, undefined);
  const token = apiTokenFile === undefined ? {} : { apiTokenFile };
  const [endpoint, plant] = await Promise.all([
    startLine(supervisor, { folder, port: 0, spec: line.spec }),
    startPlant(supervisor, { folder, port, aasPort, ...token }),
  ]);
  started(plant, endpoint);
  const api = { aggregator: plant.api, ...token };
  const client = aggregatorClient(api);
  const tokenFile = join(folder, 'join.token');
  await ensureFederation(client, federation, tokenFile);
  const { machines } = line;
  const { queue } = plant;
  const trainer = lineTrainerFile({ ...api, tokenFile, queue, pool: POOL, endpoint, machines });
  const trainerFile = join(folder, 'line.trainer.json');
  writeFileSync(trainerFile, JSON.stringify(trainer, undefined, 2), { mode: 0o600 });
  return { plant, client, api, trainer, trainerFile };
}
