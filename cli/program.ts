import { Command } from 'commander';
import { packageVersion } from '../runtime/package-root.ts';
import { addAasCommand } from './commands/aas.ts';
import { addDataCommand } from './commands/data.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEvaluateCommand } from './commands/evaluate.ts';
import { addFederationCommand } from './commands/federation.ts';
import { addLineCommand } from './commands/line.ts';
import { addModelCommand } from './commands/model.ts';
import { addParticipantCommand } from './commands/participant.ts';
import { addRunCommand } from './commands/run.ts';
import { addSimulateCommand } from './commands/simulate.ts';
import { addTrainerCommand } from './commands/trainer.ts';
import { addTrustCommand } from './commands/trust.ts';
import { addUpCommand } from './commands/up.ts';

/** The command `fedshell`. What a command needs is loaded when it runs, so that `--help` stays quick. */
export function createProgram(): Command {
  const program = new Command('fedshell')
    .description('Federated learning for industrial machines, native to the Asset Administration Shell.')
    .version(packageVersion())
    // So that `model get --version 3` is the model's and not ours.
    .enablePositionalOptions()
    .showHelpAfterError('(add --help for what is known)');
  addDemoCommand(program);
  addUpCommand(program);
  addTrainerCommand(program);
  addTrustCommand(program);
  addFederationCommand(program);
  addParticipantCommand(program);
  addRunCommand(program);
  addModelCommand(program);
  addEvaluateCommand(program);
  addLineCommand(program);
  addSimulateCommand(program);
  addAasCommand(program);
  addDataCommand(program);
  addDoctorCommand(program);
  throwInsteadOfExit(program);
  return program;
}

/** Commands end by an exception with their exit code, so that one place decides it. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}
