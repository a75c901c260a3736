import type { Submodel } from '../../../aas/model.ts';
import type { Publication } from '../../../aas/publication.ts';
import { aiDataset } from '../../../aas/submodels/ai-dataset.ts';
import { participantCommands } from '../../../aas/submodels/commands.ts';
import { contactReference } from '../../../aas/submodels/contact-information.ts';
import { participantSubmodel } from '../../../aas/submodels/participant.ts';
import { participantShell } from '../../../aas/submodels/shells.ts';
import type { Federation, LocalDataSet, Participant } from '../../../openapi/schemas.ts';
import { timestamp } from '../clock.ts';
import { commandsId } from '../commands/command-target.ts';
import { present } from '../store/present.ts';
import { collectorsOf, machineSubmodelIds, machineSubmodels } from './machine-publication.ts';
import { contactId, datasetId, type PublicationContext, schemaOf } from './publication-context.ts';

/**
 * A participant's shell with its status, its commands, what is known of its data for each of its federations (never
 * data), and of its machine what its site lets the AAS show.
 */
export function participantPublication(context: PublicationContext, id: string): Publication {
  const { ids, participants, store } = context;
  const shellId = ids.participant(id);
  const participant = participants.get(id);
  const commands = participantCommands(commandsId(ids, { kind: 'participant', participant: id }));
  if (participant === undefined) {
    const datasets = store.federations.all().map(({ federation }) => datasetId(context, id, federation.id));
    const machine = machineSubmodelIds(context, id);
    const submodels = [statusId(context, id), commands.id, ...datasets, ...machine];
    return { remove: { shells: [shellId], submodels } };
  }
  const status = statusOf(context, participant);
  const datasets = participant.federations.flatMap((each) => {
    const federation = store.federations.get(each)?.federation;
    return federation === undefined ? [] : [dataset(context, participant, federation)];
  });
  const submodels: Submodel[] = [
    status,
    commands,
    ...datasets,
    ...machineSubmodels(context, id, participant.pool),
  ];
  const submodelIds = submodels.map((submodel) => submodel.id);
  return {
    shells: [participantShell({ id: shellId, participant: id, submodelIds })],
    submodels,
    // What its trainer file no longer lets the AAS show.
    remove: { submodels: machineSubmodelIds(context, id).filter((each) => !submodelIds.includes(each)) },
  };
}

/** A participant's status alone: its state of the moment changes more often than the rest. */
export function participantStatePublication(context: PublicationContext, id: string): Publication {
  const participant = context.participants.get(id);
  return participant === undefined ? {} : { submodels: [statusOf(context, participant)] };
}

function statusId({ ids }: PublicationContext, participant: string): string {
  return ids.submodel(ids.participant(participant), 'Participant');
}

function statusOf(context: PublicationContext, participant: Participant): Submodel {
  return participantSubmodel(statusId(context, participant.id), statusValues(context, participant));
}

function statusValues({ store }: PublicationContext, participant: Participant) {
  const { id, pool, state, data, progress, slots, reason, attributes, signals, federations } = participant;
  return present({
    participant: id,
    pool,
    state,
    federations: federations.length === 0 ? undefined : federations.join(', '),
    attributes: Object.keys(attributes).length === 0 ? undefined : JSON.stringify(attributes),
    signals: signals.length === 0 ? undefined : signals.join(', '),
    certificateSha256: store.proposals.certificateOf(pool),
    examples: data?.reduce((sum, { trainExamples, testExamples }) => sum + trainExamples + testExamples, 0),
    epoch: progress === undefined || progress.epoch === 0 ? undefined : progress.epoch,
    trainedAccuracy: progress?.trainedAccuracy,
    trainedLoss: progress?.trainedLoss,
    backend: data === undefined ? undefined : backendsOf(data),
    slots: slots === undefined ? undefined : slotsText(slots),
    lastError: reason,
    updatedAt: timestamp(),
  });
}

/** What its pool computes each federation's model with; undefined where none tells it. */
function backendsOf(data: readonly LocalDataSet[]): string | undefined {
  const lines = data.flatMap(({ federation, numerics, stepsPerSecond, refusedBackends = [] }) => {
    if (numerics === undefined) return [];
    const { backend, build, device } = numerics;
    const place = device === 'gpu' ? ' on a GPU' : '';
    const speed = stepsPerSecond === undefined ? '' : `, ${stepsPerSecond} steps/s`;
    const others = refusedBackends.length === 0 ? '' : ` (not ${refusedBackends.join('; not ')})`;
    return [`${federation}: ${backend} ${build}${place}${speed}${others}`];
  });
  return lines.length === 0 ? undefined : lines.join('; ');
}

/** What its pool measured of its training processes. */
function slotsText({ slots, startMs, stepMs, peakBytes }: NonNullable<Participant['slots']>): string {
  const figures = [
    String(slots),
    ...(startMs === undefined ? [] : [`start ${Math.round(startMs)} ms`]),
    ...(stepMs === undefined ? [] : [`step ${Number(stepMs.toPrecision(3))} ms`]),
    ...(peakBytes === undefined ? [] : [`${Math.round(peakBytes / 1024 ** 2)} MiB each`]),
  ];
  return figures.join(', ');
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
      metrics: data === undefined ? undefined : qualityOf(data, participant.collection),
      collectors: collectorsOf(context, participant.id, federation.profile.signals.waveform),
    }),
  );
}

/** Counts that say how complete the data are, with the gap ledger and what the machine granted. */
function qualityOf(
  { excludedWindows, lostBlocks, windows }: LocalDataSet,
  collection: Participant['collection'],
): Record<string, number> {
  const causes = Object.entries(excludedWindows).map(([cause, count]) => [`ExcludedWindows_${cause}`, count]);
  return {
    Windows: windows,
    ...Object.fromEntries(causes),
    ...(lostBlocks !== undefined && { LostBlocks: lostBlocks }),
    ...gapMetrics(collection?.gaps ?? {}),
    ...prefixed('Machine', collection?.figures ?? {}),
  };
}

function gapMetrics(gaps: NonNullable<Participant['collection']>['gaps']): Record<string, number> {
  return Object.fromEntries(
    Object.entries(gaps).flatMap(([cause, { rows, unfilled, unfilledMs }]) => [
      [`Gaps_${cause}`, rows],
      [`GapsUnfilled_${cause}`, unfilled],
      [`GapsUnfilledMs_${cause}`, Math.round(unfilledMs)],
    ]),
  );
}

function prefixed(prefix: string, figures: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${prefix}_${name}`, value]));
}
