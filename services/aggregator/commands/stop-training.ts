import { CodedError } from '../../../runtime/errors.ts';
import { type CommandContext, type CommandResult, federationOf } from './command-context.ts';

/** Ends a run of the federation; one that is stopped already stays so. */
export async function stopTraining(context: CommandContext): Promise<CommandResult> {
  const { store, runs, argument } = context;
  const federation = federationOf(context);
  const wanted = argument.trim();
  const id = wanted === '' || wanted === 'active' ? store.runs.activeOf(federation.id) : wanted;
  if (id === undefined) {
    // A repetition after the stop: the client's run is over, as it wanted.
    const latest = store.runs.latestOf(federation.id);
    if (latest?.state === 'stopped') return { value: { run: latest.id, state: latest.state } };
    throw new CodedError('E_WRONG_STATE', `federation ${federation.id} has no unfinished run`);
  }
  const run = store.runs.get(id);
  if (run?.federation !== federation.id) {
    throw new CodedError('E_NOT_FOUND', `federation ${federation.id} has no run ${id}`);
  }
  if (run.state !== 'stopped') await runs.command(id, 'stop');
  return { value: { run: id, state: store.runs.get(id)?.state } };
}
