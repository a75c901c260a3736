import { mergeEvaluations, metricsOf, sumsOfResult } from '../../../learning/metrics.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { present } from '../store/present.ts';
import { servedVersion } from './change-ai-model.ts';
import { type CommandContext, type CommandResult, federationOf } from './command-context.ts';

/** What is known of the federation or the participant now. */
export async function getState(context: CommandContext): Promise<CommandResult> {
  const { target } = context;
  return {
    value:
      target.kind === 'federation' ? federationState(context) : participantState(context, target.participant),
  };
}

function federationState(context: CommandContext) {
  const { store, participants } = context;
  const { id } = federationOf(context);
  const run = store.runs.latestOf(id);
  const results = run === undefined ? [] : store.evaluations.latest(run.id);
  const metrics = results.length === 0 ? undefined : metricsOf(mergeEvaluations(results.map(sumsOfResult)));
  const admitted = participants.admittedTo(id);
  return present({
    federation: id,
    state: run?.state ?? 'idle',
    reason: run?.reason,
    run: run?.id,
    round: run === undefined ? undefined : (store.rounds.last(run.id)?.round ?? 0),
    totalRounds: run?.totalRounds,
    participants: admitted,
    participantsOnline: admitted.filter((each) => participants.isOnline(each)),
    modelVersion: (store.versions.current(id) ?? store.versions.newest(id))?.number,
    servedVersion: servedVersion(context, id)?.number,
    aggregatedAccuracy: metrics?.accuracy,
    aggregatedUar: metrics?.uar,
    aggregatedLoss: metrics?.loss,
  });
}

function participantState({ participants }: CommandContext, id: string) {
  const participant = participants.get(id);
  if (participant === undefined) throw new CodedError('E_NOT_FOUND', `there is no participant ${id}`);
  const { pool, state, reason, federations, data, progress, lastSeenAt } = participant;
  return present({ participant: id, pool, state, reason, federations, data, progress, lastSeenAt });
}
