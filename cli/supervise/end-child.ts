import type { ChildProcess } from 'node:child_process';

/** Time a child has to drain after SIGTERM, in milliseconds; the aggregator finishes requests in it. */
const DRAIN_MS = 15_000;

/** How a child ended, in words. */
export function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
}

/** Asks a child to end, kills it if it has not after 15 s, and resolves when it is gone. */
export async function endChild(child: ChildProcess, exited: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), DRAIN_MS);
  await exited;
  clearTimeout(timer);
}
