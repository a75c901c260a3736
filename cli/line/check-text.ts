import type { LineCheck } from '../../connectors/opcua/check-line.ts';
import { printable } from '../terminal/printable.ts';

/** What came of the check of a line. */
export interface CheckedLine extends LineCheck {
  readonly name: string;
  readonly endpoint: string;
}

/** The same for people: a line for the machine, and one for each finding. */
export function checkText(
  { name, endpoint, findings, measurement }: CheckedLine,
  listenSeconds: number,
): string {
  const values = [...(measurement?.signals.values() ?? [])].reduce((sum, one) => sum + one.values, 0);
  const heard = measurement === undefined ? '' : `; ${values} values in ${listenSeconds} s`;
  const texts = findings.map(({ kind, path, message }) => `  ${kind}  ${path}: ${message}`);
  const verdict = findings.length === 0 ? 'fits' : '';
  return [`${name}  ${endpoint}  ${verdict}${heard}`, ...texts].map(printable).join('\n');
}
