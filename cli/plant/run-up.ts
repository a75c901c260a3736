import { resolve } from 'node:path';
import type { UpOptions } from '../commands/up.ts';
import { Supervisor } from '../supervise/supervisor.ts';
import { Interruption } from '../terminal/interruption.ts';
import { answer } from '../terminal/output.ts';
import { apiTokenFileFor } from './api-token-file.ts';
import { describeSupervision } from './describe-supervision.ts';
import { writePlantFile } from './plant-file.ts';
import { publicApiUrl } from './reachable-urls.ts';
import { readOutsideAas } from './read-outside-aas.ts';
import { type Plant, startPlant } from './start-plant.ts';
import { claimStateFolder } from './state-folder.ts';
import { watchReadiness } from './watch-readiness.ts';

/** Runs Redis, aggregator and AAS until the process is to end, and says what a trainer needs. */
export async function runUp(options: UpOptions): Promise<void> {
  const publicApi = publicApiUrl(options);
  const interruption = new Interruption();
  const folder = resolve(options.state);
  const report = (text: string) => process.stderr.write(`${text}\n`);
  const supervisor = new Supervisor({ folder, report: (event) => report(describeSupervision(event)) });
  try {
    claimStateFolder(folder, { command: 'up', options: {} });
    const { port, aasPort, host, externalUrl, aasExternalUrl, idBase, maxOpenUploads } = options;
    const apiTokenFile = apiTokenFileFor(folder, options.apiTokenFile);
    const outside = await readOutsideAas(options.aasTarget);
    const bound = await interruption.during(
      startPlant(supervisor, {
        folder,
        port,
        aasPort,
        ...(host === undefined ? {} : { host }),
        ...(externalUrl === undefined ? {} : { externalUrl }),
        ...(aasExternalUrl === undefined ? {} : { aasExternalUrl }),
        ...(idBase === undefined ? {} : { idBase }),
        ...(apiTokenFile === undefined ? {} : { apiTokenFile }),
        ...(outside === undefined ? {} : { outside }),
        ...(maxOpenUploads === undefined ? {} : { maxOpenUploads }),
      }),
    );
    const plant = { ...bound, api: publicApi ?? bound.api };
    const { api, aas, queue } = plant;
    writePlantFile(folder, api, queue);
    answer(options, { api, aas, queue, state: folder, logs: `${folder}/logs` }, () =>
      describe(plant, folder),
    );
    void watchReadiness({ api: bound.api, report, signal: supervisor.ending });
    await Promise.race([interruption.happened, supervisor.failure]);
  } finally {
    await supervisor.end();
  }
}

function describe({ api, aas, queue, redisDescription }: Plant, folder: string): string {
  const secret = queue.passwordFile === undefined ? '' : `, passwordFile: ${queue.passwordFile}`;
  return [
    `Redis       ${redisDescription}`,
    `API         ${api} (console at the same address)`,
    `AAS         ${aas}`,
    `state       ${folder} (logs in logs/)`,
    '',
    'A trainer file on this machine needs:',
    `  aggregator: ${api}`,
    '  token: { file: join.token }',
    `  queue: { redis: "${withoutSecret(queue.url)}"${secret} }`,
    'and the join token, which this prints:',
    `  fedshell federation create FILE${api === 'http://127.0.0.1:8600' ? '' : ` --aggregator ${api}`}`,
    'Ctrl-C ends it; the state stays.',
  ].join('\n');
}

function withoutSecret(url: string): string {
  const parsed = new URL(url);
  if (parsed.password !== '') parsed.password = '***';
  return parsed.href;
}
