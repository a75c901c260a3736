import { type CodedError, describeError } from '../../runtime/errors.ts';

/** Exit code of a failure that is not the input's fault. */
export const EXIT_FAILURE = 1;
/** Exit code of input that cannot work: an option, a file, options that differ from a state's. */
export const EXIT_BAD_INPUT = 2;

/** The exit code that belongs to a failure. */
export function exitCodeOf(error: CodedError): number {
  return error.status === 400 || error.code === 'E_STATE_MISMATCH' ? EXIT_BAD_INPUT : EXIT_FAILURE;
}

/** Where the remedy of a failure stands. */
export function remedyOf(error: CodedError): string {
  return `docs/errors.md#${error.code.toLowerCase()}`;
}

/** Writes a failure to stderr: one sentence, its code, its faults and where the remedy stands; no stack. */
export function reportFailure(error: CodedError, json: boolean): void {
  const { code, message, faults } = error;
  const text = json
    ? JSON.stringify({ code, message, faults, remedy: remedyOf(error) })
    : `${describeError(error)}\n  What to do: ${remedyOf(error)}`;
  process.stderr.write(`${text}\n`);
}
