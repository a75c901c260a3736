import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, describeError, type ErrorCode } from '../../runtime/errors.ts';
import { packageRoot } from '../../runtime/package-root.ts';
import { printable, printableLines } from './printable.ts';

/** Exit code of a failure that is not the input's fault. */
const EXIT_FAILURE = 1;
/** Exit code of input that cannot work: an option, a file, options that differ from a state's. */
export const EXIT_BAD_INPUT = 2;

/** The exit code that belongs to a failure. */
export function exitCodeOf(error: CodedError): number {
  return error.status === 400 || error.code === 'E_STATE_MISMATCH' ? EXIT_BAD_INPUT : EXIT_FAILURE;
}

/** What to do about a failure, from the table that `docs/errors.md` is; undefined where the file or the code is not there. */
function remedyOf(code: ErrorCode): string | undefined {
  const file = join(packageRoot(), 'docs', 'errors.md');
  if (!existsSync(file)) return undefined;
  const row = readFileSync(file, 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`| \`${code}\` |`));
  return row?.split(' | ')[2]?.replace(/ \|$/, '').replaceAll('`', '"');
}

/** A message or fault may name what a server or a file says. */
function textOf({ code, message, faults }: CodedError): string {
  const shown = faults.map((fault) => ({
    ...fault,
    path: printable(fault.path),
    message: printable(fault.message),
  }));
  return describeError(new CodedError(code, printableLines(message), { faults: shown }));
}

/** Writes a failure to stderr: one sentence, its code, its faults and what to do; no stack. */
export function reportFailure(error: CodedError, json: boolean): void {
  const { code, message, faults } = error;
  const remedy = remedyOf(code);
  const text = json
    ? JSON.stringify({ code, message, faults, remedy })
    : `${textOf(error)}${remedy === undefined ? '' : `\n  What to do: ${remedy}`}`;
  process.stderr.write(`${text}\n`);
}
