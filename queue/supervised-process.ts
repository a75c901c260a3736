import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** A program that ends with this process. */
export interface SupervisedProcess {
  /** Process id of the program itself; undefined if it was not started. */
  readonly pid: number | undefined;
  /** Resolves with the program's exit status, 128 + n for signal n. */
  readonly exited: Promise<number>;
  /** Sends SIGTERM, after ten seconds SIGKILL, and waits for the end. */
  stop(): Promise<void>;
}

interface SupervisedProgram {
  readonly file: string;
  readonly parameters: readonly string[];
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** Time for a program to end after SIGTERM, in milliseconds. */
const STOP_TIMEOUT_MS = 10_000;

/**
 * Starts a program and ends it when the pipe from the parent closes, which it does however the parent ends, also by
 * kill -9; and ends itself when the program does. A shell, because a supervisor in Node would cost 40 MB. The pipe moves
 * to descriptor 3, since a shell gives a command in the background an empty standard input. The watcher starts before
 * anything is written: where the parent is dead by then, writing ends the shell.
 */
const SUPERVISOR = `
exec 3<&0
"$@" </dev/null >/dev/null 2>&1 3<&- &
program=$!
( read -r line <&3; kill -TERM "$program" ) 2>/dev/null &
watcher=$!
echo "$program"
wait "$program"
status=$?
kill -KILL "$watcher" 2>/dev/null
exit "$status"
`;

/** Starts a program that ends when this process does, even if that is killed with -9. */
export async function startSupervised(program: SupervisedProgram): Promise<SupervisedProcess> {
  const { file, parameters, folder, environment } = program;
  const supervisor = spawn('/bin/sh', ['-c', SUPERVISOR, 'supervisor', file, ...parameters], {
    cwd: folder,
    env: environment,
    // A session of its own: Ctrl-C in the terminal must not end the program before those who still use it.
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exited = new Promise<number>((resolve) => {
    supervisor.once('error', () => resolve(127));
    supervisor.once('exit', (status) => resolve(status ?? 1));
  });
  // A pipe that breaks means that the shell ended, which `exited` tells; closing our end then still ends the program.
  supervisor.stdin.on('error', () => undefined);
  void exited.then(() => supervisor.stdin.end());
  const pid = await readPid(supervisor.stdout);
  return {
    pid,
    exited,
    stop: async () => {
      supervisor.stdin.end();
      const late = setTimeout(() => pid !== undefined && killIfAlive(pid), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(late);
    },
  };
}

/** The first line that the supervisor writes; undefined if it ends without one. */
async function readPid(output: Readable): Promise<number | undefined> {
  for await (const line of createInterface({ input: output })) return Number(line);
  return undefined;
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}
