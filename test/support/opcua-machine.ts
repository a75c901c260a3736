import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';

interface MachineOptions {
  readonly port: number;
  readonly pkiFolder: string;
  readonly certificateFile?: string;
  readonly privateKeyFile?: string;
  /** What it says in its endpoints; that of the certificate if absent. */
  readonly applicationUri?: string;
  /** PKI folder of the users that it trusts. */
  readonly userPkiFolder?: string;
  readonly namespaces?: readonly string[];
  readonly policies?: readonly string[];
  readonly users?: Readonly<Record<string, string>>;
  readonly samplingMs?: number;
  readonly acceptClients?: boolean;
  readonly wholeNodeset?: boolean;
  /** Whether it keeps a history of its blocks; needs the whole nodeset. */
  readonly history?: boolean;
  /** Whether it refuses filters that notify timestamps. */
  readonly refusesTimestamps?: boolean;
  /** Elements of an array that it then has besides. */
  readonly recordLength?: number;
}

/** A server of test/support/opcua-machine.mjs. */
export interface Machine {
  readonly endpoint: string;
  readonly port: number;
  send(kind: string, input?: object): Promise<unknown>;
  /** Lets the process stand still, or go on. */
  freeze(frozen: boolean): void;
  /** kill -9. */
  kill(): Promise<void>;
}

/** A port that is free at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Starts a server and waits until it listens. */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const child = fork(join(__dirname, 'opcua-machine.mjs'), [JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
  const answers = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  child.once('exit', (code) => {
    for (const { reject } of answers.values()) reject(new Error(`the server exited with ${code}`));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server exited with ${code}`)));
    child.on('message', (message: { ready?: boolean; id?: number; result?: unknown }) => {
      if (message.ready === true) resolve();
      if (message.id === undefined) return;
      answers.get(message.id)?.resolve(message.result);
      answers.delete(message.id);
    });
  });
  let last = 0;
  return {
    endpoint: `opc.tcp://127.0.0.1:${options.port}`,
    port: options.port,
    send: (kind, input = {}) => {
      last += 1;
      const id = last;
      return new Promise((resolve, reject) => {
        answers.set(id, { resolve, reject });
        child.send({ id, kind, ...input });
      });
    },
    freeze: (frozen) => void child.kill(frozen ? 'SIGSTOP' : 'SIGCONT'),
    kill: () => killProcess(child),
  };
}

async function killProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
