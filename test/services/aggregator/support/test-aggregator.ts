import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../../../runtime/log.ts';
import { Shutdown } from '../../../../runtime/shutdown.ts';
import { start } from '../../../../services/aggregator/main.ts';
import type { AggregatorSettings } from '../../../../services/aggregator/settings.ts';
import { type Answer, call } from './call.ts';

/** An aggregator in this process, on ports of its own. */
export interface TestAggregator {
  readonly url: string;
  readonly aas: string;
  readonly folder: string;
  get(path: string): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
  /** Ends it as SIGTERM does; its folder stays. */
  stop(): Promise<void>;
}

/** Starts an aggregator; its answers are checked against the API's description. */
export async function startTestAggregator(
  settings: Partial<AggregatorSettings> & Pick<AggregatorSettings, 'redis'>,
): Promise<TestAggregator> {
  const folder = settings.folder ?? (await makeFolder());
  const shutdown = new Shutdown(silentLog);
  const given = { port: 0, aasPort: 0, validateResponses: true, ...settings, folder };
  const { api, aas } = await start(given, { log: silentLog, shutdown }).catch(async (thrown: unknown) => {
    await shutdown.run();
    throw thrown;
  });
  return {
    url: api,
    aas,
    folder,
    get: (path) => call(api, 'GET', path),
    post: (path, body) => call(api, 'POST', path, body),
    stop: () => shutdown.run(),
  };
}

const made: string[] = [];

/** A new empty folder; `removeFolders` removes it. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fedshell-aggregator-'));
  made.push(folder);
  return folder;
}

export async function removeFolders(): Promise<void> {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
}
