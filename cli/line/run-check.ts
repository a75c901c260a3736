import { CodedError } from '../../runtime/errors.ts';
import type { CheckOptions } from '../commands/line.ts';
import { Interruption } from '../terminal/interruption.ts';
import { answer } from '../terminal/output.ts';
import { type CheckedLine, checkText } from './check-text.ts';
import { readLines } from './read-lines.ts';
import { lineLog } from './server-options.ts';
import { withTrustFolder } from './trust-hint.ts';

/**
 * Connects to the machines of a file and says what does not fit.
 * @throws CodedError `E_LINE_MISMATCH` with every fault
 */
export async function runCheck(file: string, options: CheckOptions): Promise<void> {
  const { lines, pkiFolder } = await readLines(file, options.pki);
  const { checkLine } = await import('../../connectors/opcua/check-line.ts');
  const interruption = new Interruption();
  const { signal } = interruption;
  const durationMs = 1000 * options.listen;
  const checks: CheckedLine[] = [];
  // One after the other: what is measured of one machine shall not be slowed down by another.
  for (const { name, source } of lines) {
    const check = checkLine({ source, pkiFolder, durationMs, log: lineLog(), signal });
    const { findings, measurement } = await interruption.during(check);
    checks.push({
      name,
      endpoint: source.endpoint,
      measurement,
      findings: findings.map((one) => ({ ...one, message: withTrustFolder(one.message, pkiFolder) })),
    });
  }
  const value = checks.map(({ name, endpoint, findings, measurement }) => ({
    name,
    endpoint,
    findings,
    ...(measurement === undefined
      ? {}
      : { state: measurement.state, signals: Object.fromEntries(measurement.signals) }),
  }));
  answer(options, value, () => checks.map((check) => checkText(check, options.listen)).join('\n'));
  const faults = checks.flatMap(({ name, findings }) =>
    findings
      .filter(({ kind }) => kind === 'fault')
      .map(({ path, message }) => ({ path: lines.length === 1 ? path : `${name}${path}`, message })),
  );
  if (faults.length === 0) return;
  throw new CodedError('E_LINE_MISMATCH', `${file} does not fit the machine in ${faults.length} places`, {
    faults,
  });
}
