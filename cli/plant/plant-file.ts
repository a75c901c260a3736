import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { QueueAddress } from './start-redis.ts';

/** What a trainer file on this machine needs to know of a running `fedshell up`. */
export interface PlantAddresses {
  readonly api: string;
  /** Absent where its URL holds a password: no trainer file may hold one. */
  readonly queue?: QueueAddress;
}

const NAME = 'plant.json';

/** Keeps the addresses of a plant in its state folder, for `fedshell simulate --write-trainer`. */
export function writePlantFile(folder: string, api: string, queue: QueueAddress): void {
  const addresses: PlantAddresses = new URL(queue.url).password === '' ? { api, queue } : { api };
  writeFileSync(join(folder, NAME), JSON.stringify(addresses), { mode: 0o600 });
}

/** The addresses that the `fedshell up` of a state folder had last; undefined where there was none. */
export function readPlantFile(folder: string): PlantAddresses | undefined {
  const file = join(folder, NAME);
  // We alone write this file.
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as PlantAddresses) : undefined;
}
