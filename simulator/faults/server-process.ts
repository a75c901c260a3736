import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, isErrorCode } from '../../runtime/errors.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import type { ServiceMessage } from '../../runtime/service-process.ts';
import type { SimulatorSettings } from '../main.ts';
import type { DisturbanceSpecs, DisturbMessage } from './disturbance-spec.ts';

/** The simulated server as a process of its own, which can be killed, frozen and started again. */
export class ServerProcess {
  readonly #settings: SimulatorSettings;
  readonly #unexpectedEnd: (why: string) => void;
  #child: ChildProcess | undefined;
  #disturbances: DisturbanceSpecs = {};

  /** @param unexpectedEnd called when the process ends by itself */
  constructor(settings: SimulatorSettings, unexpectedEnd: (why: string) => void) {
    this.#settings = settings;
    this.#unexpectedEnd = unexpectedEnd;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it on a free port. @returns the port. @throws CodedError as the simulator's `start` does */
  async start(): Promise<number> {
    const file = join(this.#settings.stateFolder, 'server.json');
    const settings = { ...this.#settings, port: 0, disturbances: this.#disturbances };
    writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
    const child = fork(entryPoint('simulator/main'), [file], { execArgv: [] });
    this.#child = child;
    const message = await new Promise<ServiceMessage>((resolve, reject) => {
      child.once('message', (told: ServiceMessage) => resolve(told));
      child.once('exit', (code, signal) => {
        reject(new CodedError('E_PROCESS_FAILED', `the simulated server ended with ${code ?? signal}`));
      });
    });
    if (message.kind === 'failed') {
      throw new CodedError(isErrorCode(message.code) ? message.code : 'E_INTERNAL', message.message);
    }
    child.once('exit', (code, signal) => {
      if (this.#child === child) this.#unexpectedEnd(`the simulated server ended with ${code ?? signal}`);
    });
    const { opcua = '' } = message.addresses;
    return Number(new URL(opcua.replace(/^opc\.tcp:/, 'http:')).port);
  }

  /** Tells it what is wrong with its machines, and every later start too. */
  disturb(machines: DisturbanceSpecs): void {
    this.#disturbances = machines;
    const message: DisturbMessage = { kind: 'disturb', machines };
    if (this.#child?.connected === true) this.#child.send(message);
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** kill -9. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Lets it end in order. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    child.kill('SIGCONT');
    await exited;
  }
}
