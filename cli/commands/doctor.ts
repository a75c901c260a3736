import type { Command } from 'commander';
import { CodedError } from '../../runtime/errors.ts';
import { portNumber } from '../terminal/number-option.ts';
import { answer } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';

export interface DoctorOptions {
  readonly port: number;
  readonly aasPort: number;
  readonly state: string;
  readonly json?: boolean;
}

/** `fedshell doctor` */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'say what is there, what is missing and how to get it; exit code 1 if something needed is missing',
    )
    .option('--port <number>', 'port of API and console to look at', portNumber, 8600)
    .option('--aas-port <number>', 'port of the AAS to look at', portNumber, 8601)
    .option('--state <folder>', 'state folder to look at', './.fedshell')
    .option('--json', 'answer with JSON')
    .action(doctor);
}

async function doctor(options: DoctorOptions): Promise<void> {
  const { examine } = await import('../doctor/examine.ts');
  const findings = await examine(options);
  const missing = findings.filter(({ status }) => status === 'missing');
  answer(options, { ok: missing.length === 0, findings }, () =>
    table(
      findings.map(({ name, status, found, remedy }) => [
        status,
        name,
        remedy ? `${found}: ${remedy}` : found,
      ]),
    ),
  );
  const [first] = missing;
  if (first !== undefined) {
    const texts = missing.map(({ name, remedy = '' }) => `${name} (${remedy})`).join(', ');
    // Only a Node.js that is too old has no code of its own: what a build needs is not there.
    throw new CodedError(first.code ?? 'E_NOT_BUILT', `needed and missing: ${texts}`);
  }
}
