import type { Submodel } from '../../../aas/model.ts';
import type { Publication } from '../../../aas/publication.ts';
import { aiDataset } from '../../../aas/submodels/ai-dataset.ts';
import { contactReference } from '../../../aas/submodels/contact-information.ts';
import { participantStatus } from '../../../aas/submodels/participant-status.ts';
import { participantShell } from '../../../aas/submodels/shells.ts';
import type { Federation, LocalDataSet, Participant } from '../../../openapi/schemas.ts';
import { timestamp } from '../clock.ts';
import { present } from '../store/present.ts';
import { contactId, datasetId, type PublicationContext, schemaOf } from './publication-context.ts';

/** A participant's shell with its status and, for each of its federations, what is known of its data: never data. */
export function participantPublication(context: PublicationContext, id: string): Publication {
  const { ids, participants, store } = context;
  const shellId = ids.participant(id);
  const participant = participants.get(id);
  if (participant === undefined) {
    const statusId = ids.submodel(shellId, 'ParticipantStatus');
    const datasets = store.federations.all().map(({ federation }) => datasetId(context, id, federation.id));
    return { remove: { shells: [shellId], submodels: [statusId, ...datasets] } };
  }
  const status = participantStatus(statusValues(context, participant));
  const datasets = participant.federations.flatMap((each) => {
    const federation = store.federations.get(each)?.federation;
    return federation === undefined ? [] : [dataset(context, participant, federation)];
  });
  const submodels: Submodel[] = [status, ...datasets];
  const submodelIds = submodels.map((submodel) => submodel.id);
  return { shells: [participantShell({ id: shellId, participant: id, submodelIds })], submodels };
}

function statusValues({ ids }: PublicationContext, participant: Participant) {
  const { id, pool, state, data, progress, reason } = participant;
  return present({
    id: ids.submodel(ids.participant(id), 'ParticipantStatus'),
    participant: id,
    pool,
    state,
    examples: data?.reduce((sum, { trainExamples, testExamples }) => sum + trainExamples + testExamples, 0),
    epoch: progress === undefined || progress.epoch === 0 ? undefined : progress.epoch,
    trainedAccuracy: progress?.trainedAccuracy,
    trainedLoss: progress?.trainedLoss,
    lastError: reason,
    updatedAt: timestamp(),
  });
}

function dataset(context: PublicationContext, participant: Participant, federation: Federation): Submodel {
  const data: LocalDataSet | undefined = participant.data?.find((each) => each.federation === federation.id);
  const id = datasetId(context, participant.id, federation.id);
  return aiDataset(
    present({
      id,
      uriOfTheProduct: id,
      version: '1',
      contact: contactReference(contactId(context, federation.id)),
      storage: `stays with participant ${participant.id} in pool ${participant.pool}`,
      classes: federation.profile.classes.map((name, index) =>
        present({ name, examples: data?.examplesPerClass?.[index] }),
      ),
      examples: (data?.trainExamples ?? 0) + (data?.testExamples ?? 0),
      trainExamples: data?.trainExamples,
      testExamples: data?.testExamples,
      fileType: 'float32 waveform windows',
      information: schemaOf(federation),
    }),
  );
}
