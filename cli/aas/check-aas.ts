import { resolve } from 'node:path';
import type { CheckedFinding } from '../../aas/server/check/checked-finding.ts';
import { CodedError } from '../../runtime/errors.ts';
import type { AasCheckOptions } from '../commands/aas.ts';
import { answer, printLine } from '../terminal/output.ts';

/**
 * Lists what is against the metamodel in files and in a state.
 * @throws CodedError `E_AAS_FINDINGS` if there is an error among it, `E_FILE_NOT_FOUND`
 */
export async function checkAas(path: string | undefined, options: AasCheckOptions): Promise<void> {
  const found: CheckedFinding[] = [];
  const counts = { error: 0, warning: 0 };
  for await (const finding of findings(path, options.state)) {
    counts[finding.severity]++;
    if (options.json) found.push(finding);
    else printLine(describe(finding));
  }
  const total = `${counts.error} errors, ${counts.warning} warnings`;
  answer(
    options,
    { ok: counts.error === 0, errors: counts.error, warnings: counts.warning, findings: found },
    () => total,
  );
  if (counts.error > 0) throw new CodedError('E_AAS_FINDINGS', `against the metamodel: ${total}`);
}

function describe({ severity, source, line, path, rule, message }: CheckedFinding): string {
  const place = `${source}${line === undefined ? '' : `:${line}`}${path === '' ? '' : ` ${path}`}`;
  return `${severity.padEnd(7)}  ${place}: ${message} (${rule})`;
}

async function* findings(path: string | undefined, state: string | undefined) {
  if (path !== undefined) {
    const { checkFiles } = await import('../../aas/server/check/check-files.ts');
    yield* checkFiles(resolve(path));
  }
  if (state !== undefined) {
    const { checkState } = await import('../../aas/server/check/check-state.ts');
    yield* checkState(resolve(state));
  }
}
