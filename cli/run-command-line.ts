import { CommanderError } from 'commander';
import { toCodedError } from '../runtime/errors.ts';
import { createProgram } from './program.ts';
import { EXIT_BAD_INPUT, exitCodeOf, reportFailure } from './terminal/report-failure.ts';

/**
 * Runs one command line and returns its exit code: 0 done, 1 failed, 2 bad input.
 * @param args without node and the script.
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync([...args], { from: 'user' });
    return 0;
  } catch (thrown) {
    // Help and version end by a CommanderError with exit code 0; the others have been written to stderr.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : EXIT_BAD_INPUT;
    const error = toCodedError(thrown);
    reportFailure(error, args.includes('--json'));
    if (process.env['FEDSHELL_LOG_LEVEL'] === 'debug') process.stderr.write(`${error.stack}\n`);
    return exitCodeOf(error);
  }
}
