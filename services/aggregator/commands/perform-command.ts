import { ASYNC_SUFFIX } from '../../../aas/submodels/commands.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { feedbackToAi, infer } from './ask-participant.ts';
import { changeAiModel } from './change-ai-model.ts';
import type { CommandContext, CommandResult } from './command-context.ts';
import { getState } from './get-state.ts';
import { reconfigure } from './reconfigure.ts';
import { startTraining } from './start-training.ts';
import { stopTraining } from './stop-training.ts';

type Performer = (context: CommandContext) => Promise<CommandResult>;

/** The commands by the names of their Operations. */
const COMMANDS: ReadonlyMap<string, Performer> = new Map<string, Performer>([
  ['startTraining', startTraining],
  ['stopTraining', stopTraining],
  ['changeAiModel', changeAiModel],
  ['reconfigure', reconfigure],
  ['getState', getState],
  ['infer', infer],
  ['feedbackToAi', feedbackToAi],
]);

/** Performs a command by its name; again for the same request after a kill. @throws CodedError why it cannot be */
export async function performCommand(name: string, context: CommandContext): Promise<CommandResult> {
  const performer = COMMANDS.get(name);
  if (performer !== undefined) return performer(context);
  const long = name.endsWith(ASYNC_SUFFIX) ? name.slice(0, -ASYNC_SUFFIX.length) : '';
  if (COMMANDS.has(long)) return { value: context.begin(long) };
  throw new CodedError('E_AAS_NOT_BUILT', `there is no command ${name}`);
}

/** Commands that only look: they need no job, and work while Redis is away. */
export function isReading(name: string): boolean {
  return name === 'getState';
}
