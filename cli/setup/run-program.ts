import { execFile } from 'node:child_process';
import { CodedError } from '../../runtime/errors.ts';

interface ProgramOptions {
  readonly cwd?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Characters of a program's last words in an error message. */
const LAST_WORDS = 600;

/**
 * Runs a program to its end and gives what it wrote to stdout.
 * @param what what is done, for the message: "pip could not …".
 * @throws CodedError `E_SETUP_FAILED` with the end of what it said, `E_ABORTED`.
 */
export function runProgram(
  file: string,
  parameters: readonly string[],
  what: string,
  { cwd, timeoutMs, signal, environment = process.env }: ProgramOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      timeout: timeoutMs,
      signal,
      maxBuffer: 64 * 1024 ** 2,
      killSignal: 'SIGKILL',
      env: environment,
      ...(cwd !== undefined && { cwd }),
    } as const;
    execFile(file, [...parameters], options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      if (signal.aborted) return reject(new CodedError('E_ABORTED', 'the setup was called off'));
      const words = stderr.trim().slice(-LAST_WORDS) || error.message;
      const how = error.killed === true ? `it took longer than ${timeoutMs / 1000} s` : words;
      return reject(new CodedError('E_SETUP_FAILED', `${what} failed: ${how}`, { cause: error }));
    });
  });
}
