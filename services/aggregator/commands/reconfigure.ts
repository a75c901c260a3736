import { CodedError } from '../../../runtime/errors.ts';
import { type CommandContext, type CommandResult, federationOf, readArgument } from './command-context.ts';

/** Changes what the next runs begin with. A run copies its own numbers at its start and keeps them. */
export async function reconfigure(context: CommandContext): Promise<CommandResult> {
  const { store, publisher } = context;
  const federation = federationOf(context);
  const { localEpochs, seed, ...values } = readArgument('RunDefaults', context.argument, 'values');
  const active = store.runs.activeOf(federation.id);
  const bound = Object.keys(values).filter((name) => name !== 'rounds');
  if (active !== undefined && bound.length > 0) {
    // An unfinished run goes on with these after a restart, so they must stay what they were.
    throw new CodedError(
      'E_WRONG_STATE',
      `${bound.join(', ')} cannot change while run ${active} is unfinished`,
    );
  }
  const training = {
    ...federation.training,
    ...(localEpochs !== undefined && { localEpochs }),
    ...(seed !== undefined && { seed }),
  };
  const changed = { ...federation, ...values, training };
  store.transaction(() => {
    store.federations.update(changed);
    store.publications.add(`federation:${federation.id}`);
  });
  publisher.poke();
  return {
    value: {
      rounds: changed.rounds,
      localEpochs: training.localEpochs,
      seed: training.seed,
      deadlineMs: changed.deadlineMs,
      maximumRoundAttempts: changed.maximumRoundAttempts,
    },
  };
}
