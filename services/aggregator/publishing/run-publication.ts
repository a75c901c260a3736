import type { Publication } from '../../../aas/publication.ts';
import { runSubmodel } from '../../../aas/submodels/run.ts';
import { mergeEvaluations, metricsOf, sumsOfResult } from '../../../learning/metrics.ts';
import { timestamp } from '../clock.ts';
import { present } from '../store/present.ts';
import type { RoundRow } from '../store/round-table.ts';
import type { PublicationContext } from './publication-context.ts';

/** The status of a federation's newest run. */
export function runPublication(context: PublicationContext, federation: string): Publication {
  const { ids, store, participants } = context;
  const run = store.runs.latestOf(federation);
  const round = run === undefined ? undefined : store.rounds.last(run.id);
  const version = store.versions.current(federation) ?? store.versions.newest(federation);
  const results = run === undefined ? [] : store.evaluations.latest(run.id);
  const metrics = results.length === 0 ? undefined : metricsOf(mergeEvaluations(results.map(sumsOfResult)));
  const admitted = participants.admittedTo(federation);
  const status = runSubmodel(
    runId(context, federation),
    present({
      federation,
      run: run?.id,
      state: run?.state ?? 'idle',
      reason: run?.reason,
      round: round?.round,
      totalRounds: run?.totalRounds,
      epoch: round === undefined ? undefined : epochOf(context, round),
      participantsOnline: admitted.filter((id) => participants.isOnline(id)).length,
      participants: admitted.length,
      aggregatedAccuracy: metrics?.accuracy,
      aggregatedUar: metrics?.uar,
      aggregatedLoss: metrics?.loss,
      dataset: federation,
      model: version === undefined ? undefined : ids.model(federation, version.group, version.number),
      modelVersion: version?.number,
      modelSha256: version?.sha256,
      lastError: run?.state === 'failed' ? run.reason : round?.reason,
      updatedAt: timestamp(),
    }),
  );
  return { submodels: [status] };
}

/** Id of the submodel with that status. */
export function runId({ ids }: PublicationContext, federation: string): string {
  return ids.submodel(ids.federation(federation), 'Run');
}

/** The epochs that every participant of the round has done. */
function epochOf({ participants }: PublicationContext, { run, round, cohort }: RoundRow): number | undefined {
  const epochs = cohort.flatMap((id) => {
    const progress = participants.get(id)?.progress;
    return progress?.run === run && progress.round === round ? [progress.epoch] : [];
  });
  return epochs.length === 0 ? undefined : Math.min(...epochs);
}
