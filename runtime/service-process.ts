import { readFileSync, realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type Fault, toCodedError } from './errors.ts';
import { createLog, type Log } from './log.ts';
import { Shutdown } from './shutdown.ts';

/** What a service's `start` gets besides its settings. */
export interface ServiceContext {
  readonly log: Log;
  /** Steps that end the service, last added first. */
  readonly shutdown: Shutdown;
}

/** What a service process tells its parent over the IPC channel. */
export type ServiceMessage =
  | { readonly kind: 'ready'; readonly addresses: Readonly<Record<string, string>> }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      readonly faults?: readonly Fault[];
    };

/**
 * Runs a service if its module is the process's entry point: `node main.js SETTINGS.json [--wait]`. It sends `ready`
 * with its addresses, or `failed` and exits with 1; it ends on SIGTERM, SIGINT and when its parent ends. With `--wait`
 * it reads the settings only once a message came, so that a parent can load it before it knows them.
 * @param moduleUrl `import.meta.url` of the service's main.
 */
export async function runAsProcess<Settings>(
  moduleUrl: string,
  name: string,
  start: (settings: Settings, context: ServiceContext) => Promise<Readonly<Record<string, string>>>,
): Promise<void> {
  const [entry, settingsFile, wait] = process.argv.slice(1);
  if (entry === undefined || pathToFileURL(realpathSync(entry)).href !== moduleUrl) return;
  const log = createLog(name);
  const shutdown = new Shutdown(log);
  shutdown.listen();
  const tell = (message: ServiceMessage) => process.send?.(message);
  try {
    if (wait === '--wait') await new Promise((resolve) => process.once('message', resolve));
    const settings = JSON.parse(readFileSync(settingsFile ?? '', 'utf8')) as Settings;
    tell({ kind: 'ready', addresses: await start(settings, { log, shutdown }) });
  } catch (thrown) {
    const error = toCodedError(thrown);
    log.fatal({ event: 'start.failed', code: error.code, faults: error.faults }, error.message);
    tell({ kind: 'failed', code: error.code, message: error.message, faults: error.faults });
    await shutdown.run();
    process.exit(1);
  }
}
