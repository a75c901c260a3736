import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CodedError, isErrorCode } from '../../runtime/errors.ts';
import type { ServiceMessage } from '../../runtime/service-process.ts';
import { describeExit, endChild } from './end-child.ts';
import type { Addresses, Launch } from './launch.ts';
import { closeLogFile, openLogFile } from './log-file.ts';

/** A service that runs as a child process (`runtime/service-process.ts`). */
export interface ServiceProcess {
  /** Names its log and its settings file. */
  readonly name: string;
  /** Its compiled entry file. */
  readonly entry: string;
  /** State folder of the supervisor; holds `logs/` and `supervisor/`. */
  readonly folder: string;
  /** Its settings, made anew at every start. The process loads its code while a promise of them is pending. */
  settings(previous: Addresses | undefined): object | Promise<object>;
  /** Flags of node for this child. */
  readonly nodeFlags?: readonly string[];
}

/** Path of the log of a child. */
export function logFileOf(folder: string, name: string): string {
  return join(folder, 'logs', `${name}.log`);
}

/**
 * Starts a service in a process group of its own, so that Ctrl-C in the terminal reaches the supervisor alone and the
 * children end in order. The child watches the IPC channel and ends when this process does, even by kill -9.
 */
export function launchService(service: ServiceProcess): Launch {
  return async ({ previous, signal }) => {
    const settingsFile = join(service.folder, 'supervisor', `${service.name}.settings.json`);
    const settings = service.settings(previous);
    const wait = settings instanceof Promise;
    if (!wait) writeSettings(settingsFile, settings);
    const log = openLogFile(logFileOf(service.folder, service.name));
    const child = fork(service.entry, [settingsFile, ...(wait ? ['--wait'] : [])], {
      detached: true,
      execArgv: [...(service.nodeFlags ?? [])],
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeLogFile(log);
    const exited = new Promise<string>((resolve) => {
      child.once('exit', (code, exitSignal) => resolve(describeExit(code, exitSignal)));
      child.once('error', (error) => resolve(error.message));
    });
    const stop = () => endChild(child, exited);
    const abort = () => void stop();
    signal.addEventListener('abort', abort);
    void exited.then(() => signal.removeEventListener('abort', abort));
    try {
      const ready = readiness(service, child, exited);
      const addresses = await Promise.all([ready, wait && sendSettings(settings, settingsFile, child)]);
      return { addresses: addresses[0], pid: child.pid ?? 0, exited, stop };
    } catch (thrown) {
      await stop();
      throw thrown;
    }
  };
}

function writeSettings(file: string, settings: object): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
}

/** Tells a child that waits that its settings are there. */
async function sendSettings(settings: Promise<object>, file: string, child: ChildProcess): Promise<void> {
  writeSettings(file, await settings);
  child.send('settings are written', () => undefined);
}

/** Waits for the child's `ready`. */
function readiness(
  service: ServiceProcess,
  child: ChildProcess,
  exited: Promise<string>,
): Promise<Addresses> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: ServiceMessage) => {
      if (message.kind === 'ready') resolve(message.addresses);
      if (message.kind === 'failed') {
        const code = isErrorCode(message.code) ? message.code : 'E_PROCESS_FAILED';
        reject(new CodedError(code, message.message, { faults: message.faults ?? [] }));
      }
    });
    void exited.then((how) => {
      const log = logFileOf(service.folder, service.name);
      reject(
        new CodedError('E_PROCESS_FAILED', `${service.name} ended (${how}) before it was ready; see ${log}`),
      );
    });
  });
}
