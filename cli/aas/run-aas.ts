import { resolve } from 'node:path';
import type { LoadedFile } from '../../aas/server/packages/load-path.ts';
import { createLog } from '../../runtime/log.ts';
import { makeFolder } from '../../runtime/make-folder.ts';
import { Shutdown } from '../../runtime/shutdown.ts';
import type { AasOptions } from '../commands/aas.ts';
import { apiTokenFileFor } from '../plant/api-token-file.ts';
import { Interruption } from '../terminal/interruption.ts';
import { answer } from '../terminal/output.ts';

/** Runs an AAS environment in this process until it is to end: nothing of federated learning is loaded. */
export async function runAas(options: AasOptions): Promise<void> {
  const interruption = new Interruption();
  const log = createLog('aas', process.env['FEDSHELL_LOG_LEVEL'] ?? 'warn');
  const shutdown = new Shutdown(log);
  const folder = resolve(options.state);
  const { port, host, externalUrl, origin, validation, load } = options;
  try {
    makeFolder(folder);
    const apiTokenFile = apiTokenFileFor(folder, options.apiTokenFile);
    const { startAas } = await import('../../aas/server/main.ts');
    const settings = {
      folder,
      port,
      validation,
      ...(host === undefined ? {} : { host }),
      ...(externalUrl === undefined ? {} : { externalUrl }),
      ...(apiTokenFile === undefined ? {} : { apiTokenFile }),
      ...(origin === undefined ? {} : { origins: origin }),
      ...(options.separatePorts === true ? { separatePorts: nextPorts(port) } : {}),
      ...(options.pageSize === undefined ? {} : { defaultPageSize: options.pageSize }),
      ...(options.attachmentLimit === undefined ? {} : { attachmentLimitBytes: options.attachmentLimit }),
      single: {
        ...(options.shell === undefined ? {} : { shell: options.shell }),
        ...(options.submodel === undefined ? {} : { submodel: options.submodel }),
      },
      ...(load === undefined ? {} : { load: load.map((path) => resolve(path)) }),
    };
    const { url, loaded, separatePorts } = await interruption.during(startAas(settings, { log, shutdown }));
    answer(options, { aas: url, ...separatePorts, state: folder, loaded }, () =>
      [...loaded.map(describe), `AAS    ${url}`, `state  ${folder}`, 'Ctrl-C ends it; the state stays.'].join(
        '\n',
      ),
    );
    await interruption.happened;
  } finally {
    await shutdown.run();
  }
}

function describe({ file, summary }: LoadedFile): string {
  if (summary === undefined) return `passed over ${file}: it was loaded before`;
  const { shells, submodels, conceptDescriptions, attachments, findings } = summary;
  const found =
    findings === 0 ? '' : `; ${findings} places are against the metamodel, fedshell aas check lists them`;
  return `loaded ${file}: ${shells} shells, ${submodels} submodels, ${conceptDescriptions} concept descriptions, ${attachments} files${found}`;
}

/** As BaSyx numbers them: 8081 is the environment, 8082 to 8084 are the registries and discovery. */
function nextPorts(port: number) {
  const at = (offset: number) => (port === 0 ? 0 : port + offset);
  return { shellRegistry: at(1), submodelRegistry: at(2), discovery: at(3) };
}
