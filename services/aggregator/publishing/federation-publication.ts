import type { Publication } from '../../../aas/publication.ts';
import { contactInformation } from '../../../aas/submodels/contact-information.ts';
import { federationStatus } from '../../../aas/submodels/federation-status.ts';
import { federationShell } from '../../../aas/submodels/shells.ts';
import { mergeEvaluations, metricsOf, sumsOfResult } from '../../../learning/metrics.ts';
import { timestamp } from '../clock.ts';
import { present } from '../store/present.ts';
import { contactId, type PublicationContext } from './publication-context.ts';

/** A federation's shell with its status and contact. */
export function federationPublication(context: PublicationContext, federation: string): Publication {
  const { ids, store, participants, contact } = context;
  const shellId = ids.federation(federation);
  const statusId = ids.submodel(shellId, 'FederationStatus');
  const run = store.runs.latestOf(federation);
  const round = run === undefined ? undefined : store.rounds.last(run.id);
  const version = store.versions.current(federation);
  const results = run === undefined ? [] : store.evaluations.latest(run.id);
  const metrics = results.length === 0 ? undefined : metricsOf(mergeEvaluations(results.map(sumsOfResult)));
  const admitted = participants.admittedTo(federation);
  const status = federationStatus(
    present({
      id: statusId,
      federation,
      run: run?.id,
      state: run?.state ?? 'idle',
      reason: run?.reason,
      round: round?.round,
      totalRounds: run?.totalRounds,
      participantsOnline: admitted.filter((id) => participants.isOnline(id)).length,
      participants: admitted.length,
      aggregatedAccuracy: metrics?.accuracy,
      aggregatedUar: metrics?.uar,
      aggregatedLoss: metrics?.loss,
      model: version === undefined ? undefined : ids.model(federation, 'main', version.number),
      modelVersion: version?.number,
      modelSha256: version?.sha256,
      lastError: run?.state === 'failed' ? run.reason : round?.reason,
      updatedAt: timestamp(),
    }),
  );
  const contactSubmodel = contactInformation({ id: contactId(context, federation), ...contact });
  return {
    shells: [federationShell({ id: shellId, federation, submodelIds: [statusId, contactSubmodel.id] })],
    submodels: [status, contactSubmodel],
  };
}
