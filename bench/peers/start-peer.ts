import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { PeerProgram } from './found-peer.ts';
import { type PeerSettings, peerParameters } from './peer-settings.ts';

/** Java takes the longest. */
const START_TIMEOUT_MS = 60_000;

/** A server as a process of its own. */
export interface RunningPeer {
  readonly pid: number;
  readonly endpoint: string;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGSTOP: the operating system goes on to accept connections for it. */
  freeze(): void;
  thaw(): void;
  /** SIGTERM, and kill -9 after 5 s. */
  stop(): Promise<void>;
}

/** Starts a peer and resolves when it can be connected to. @throws Error with what it wrote to stderr */
export async function startPeer(program: PeerProgram, settings: PeerSettings): Promise<RunningPeer> {
  const child = spawn(program.command, [...program.parameters, ...peerParameters(settings)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...program.environment },
  });
  await ready(child);
  // A process that runs has an id.
  const pid = child.pid as number;
  return {
    pid,
    endpoint: `opc.tcp://127.0.0.1:${settings.port}`,
    kill: () => end(child, 'SIGKILL'),
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    stop: () => end(child, 'SIGTERM'),
  };
}

function ready(child: ChildProcess): Promise<void> {
  let said = '';
  let complaints = '';
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      child.kill('SIGKILL');
      reject(new Error(`${child.spawnfile} ${why}: ${complaints.trim().slice(-1000)}`));
    };
    const late = setTimeout(() => fail(`was not ready within ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS);
    child.stderr?.on('data', (data: Buffer) => {
      complaints = `${complaints}${data}`.slice(-4000);
    });
    // Goes on to be read, so that the pipe never fills.
    child.stdout?.on('data', (data: Buffer) => {
      said = `${said}${data}`.slice(-4000);
      if (!/^ready$/m.test(said)) return;
      clearTimeout(late);
      resolve();
    });
    child.once('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(late);
      fail(`ended with ${code ?? signal}`);
    });
  });
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  child.kill('SIGCONT');
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await exited;
  clearTimeout(late);
}
