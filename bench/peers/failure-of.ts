import { spawnSync } from 'node:child_process';

const TIMEOUT_MS = 300_000;

/** Runs a command to its end. @returns the last line of what went wrong, if something did */
export function failureOf(
  command: string,
  parameters: readonly string[],
  folder?: string,
): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(command, parameters, {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    ...(folder === undefined ? {} : { cwd: folder }),
  });
  if (status === 0) return undefined;
  if (error !== undefined) return error.message;
  const said = stderr.trim() === '' ? stdout : stderr;
  return said.trim().split('\n').at(-1) ?? `${command} ended with ${status}`;
}
