import { type CommandContext, type CommandResult, federationOf, readArgument } from './command-context.ts';

/** Starts a run; its id is the request's, so that a repetition finds it. */
export async function startTraining(context: CommandContext): Promise<CommandResult> {
  const federation = federationOf(context);
  const parameters = readArgument('RunRequest', context.argument, 'parameters');
  const run = await context.runs.start(federation.id, parameters, context.request);
  return { value: { run } };
}
