import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../../runtime/package-root.ts';

/** An environment in a process of its own. */
export interface KillableEnvironment {
  readonly url: string;
  /** Kills it as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Deletes what it holds; only while it does not run. */
  empty(): void;
  remove(): Promise<void>;
}

/** Starts an environment in a process of its own, in a folder of its own, on a free port. */
export async function startKillableEnvironment(): Promise<KillableEnvironment> {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-killable-'));
  const entry = join(packageRoot(), 'test/aas/outside/environment-process.mjs');
  let child: ChildProcess | undefined;
  const launch = async (port: number): Promise<string> => {
    child = fork(entry, [folder, String(port)], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    const lines = createInterface({ input: child.stdout! });
    const [line] = (await once(lines, 'line')) as [string];
    return line;
  };
  const url = await launch(0);
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return {
    url,
    kill,
    async start() {
      await launch(Number(new URL(url).port));
    },
    empty: () => rmSync(folder, { recursive: true, force: true }),
    async remove() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
