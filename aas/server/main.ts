import { readFileSync } from 'node:fs';
import { CodedError } from '../../runtime/errors.ts';
import { runAsProcess, type ServiceContext } from '../../runtime/service-process.ts';
import { lockState } from '../../runtime/state-lock.ts';
import { openEnvironment } from './environment.ts';
import type { LoadedFile } from './packages/load-path.ts';
import type { Validation } from './packages/refuse-violations.ts';
import type { SingleObjects } from './routes/service-tables.ts';
import { type SeparatePorts, startAasServer } from './start-aas-server.ts';

/** Settings of an environment that runs alone. */
export interface AasSettings {
  /** State folder: the database, attachments and packages. */
  readonly folder: string;
  /** 0: any free one. */
  readonly port: number;
  /** @defaultValue 127.0.0.1; another one needs a token */
  readonly host?: string;
  /** Address under which others reach it, for hrefs. @defaultValue the bound address */
  readonly externalUrl?: string;
  /** File with the token that callers must show. @defaultValue none is needed */
  readonly apiTokenFile?: string;
  /** Pages that may call besides those of this machine; `*`, for all, needs a token. */
  readonly origins?: readonly string[];
  /** @defaultValue report */
  readonly validation?: Validation;
  /** Ports of their own for the registries and discovery. @defaultValue none: all is at the one port */
  readonly separatePorts?: SeparatePorts;
  /** What `/aas` and `/submodel` serve. @defaultValue nothing */
  readonly single?: SingleObjects;
  /** Entries of a page when the caller names no limit. @defaultValue 100 */
  readonly defaultPageSize?: number;
  /** Longest attachment or package. @defaultValue 1 GiB */
  readonly attachmentLimitBytes?: number;
  /** Files and folders to load before the first answer. */
  readonly load?: readonly string[];
}

/** A running environment. */
export interface RunningAas {
  readonly url: string;
  /** The ports that were bound for `separatePorts`. */
  readonly separatePorts?: SeparatePorts;
  readonly loaded: readonly LoadedFile[];
}

/**
 * Starts an AAS environment that stands alone; it ends with `context.shutdown`.
 * @throws CodedError `E_STATE_IN_USE`, `E_PORT_IN_USE`, `E_HOST_WITHOUT_TOKEN`, and what `AasEnvironment.load` throws
 */
export async function startAas(
  settings: AasSettings,
  { log, shutdown }: ServiceContext,
): Promise<RunningAas> {
  const {
    folder,
    port,
    host,
    externalUrl,
    apiTokenFile,
    origins = [],
    validation = 'report',
    load = [],
    ...serverOptions
  } = settings;
  const token = apiTokenFile === undefined ? undefined : readToken(apiTokenFile);
  const lock = lockState(folder);
  shutdown.add('state lock', () => lock.release());
  const environment = await openEnvironment({ folder, log, validation });
  shutdown.add('environment', () => environment.close());
  const loaded: LoadedFile[] = [];
  for (const path of load) loaded.push(...(await environment.load(path)));
  const server = await startAasServer({
    environment,
    port,
    allowedOrigins: origins,
    ...serverOptions,
    ...(host === undefined ? {} : { host }),
    ...(externalUrl === undefined ? {} : { externalUrl }),
    ...(token === undefined ? {} : { apiToken: token }),
  });
  shutdown.add('server', () => server.close());
  log.info({ event: 'aas.started', url: server.url, files: loaded.length }, 'the AAS environment runs');
  const { url, separatePorts } = server;
  return { url, ...(separatePorts === undefined ? {} : { separatePorts }), loaded };
}

/** As a service of its own process: what it answers with is its address. */
export async function start(settings: AasSettings, context: ServiceContext): Promise<Record<string, string>> {
  const { url } = await startAas(settings, context);
  return { aas: url };
}

function readToken(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new CodedError('E_FILE_NOT_FOUND', `the API token file ${file} cannot be read`, { cause });
  }
  if (token === '') throw new CodedError('E_INVALID_INPUT', `the API token file ${file} is empty`);
  return token;
}

void runAsProcess(import.meta.url, 'aas', start);
