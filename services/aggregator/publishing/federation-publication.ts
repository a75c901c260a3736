import type { Publication } from '../../../aas/publication.ts';
import { federationCommands } from '../../../aas/submodels/commands.ts';
import { contactInformation } from '../../../aas/submodels/contact-information.ts';
import { federationSubmodel } from '../../../aas/submodels/federation.ts';
import { hierarchicalStructures } from '../../../aas/submodels/hierarchical-structures.ts';
import { federationShell, globalAssetIdOf } from '../../../aas/submodels/shells.ts';
import type { Federation } from '../../../openapi/schemas.ts';
import { commandsId } from '../commands/command-target.ts';
import type { FederationRow } from '../store/federation-table.ts';
import { present } from '../store/present.ts';
import { merged } from './merged.ts';
import { contactId, type PublicationContext } from './publication-context.ts';
import { segmentPublication, seriesFrame, seriesId } from './round-series.ts';
import { runId, runPublication } from './run-publication.ts';

/** A federation's shell with all its submodels. */
export function federationPublication(context: PublicationContext, federation: string): Publication {
  const { ids, store, participants, contact } = context;
  const shellId = ids.federation(federation);
  const row = store.federations.get(federation);
  if (row === undefined) return {};
  const run = store.runs.latestOf(federation);
  const agreement = federationSubmodel(ids.submodel(shellId, 'Federation'), agreementOf(row));
  const structure = hierarchicalStructures({
    id: ids.submodel(shellId, 'HierarchicalStructures'),
    whole: { name: federation, globalAssetId: globalAssetIdOf(shellId) },
    parts: participants
      .admittedTo(federation)
      .map((name) => ({ name, globalAssetId: globalAssetIdOf(ids.participant(name)) })),
  });
  const commands = federationCommands(commandsId(ids, { kind: 'federation', federation }));
  const contactSubmodel = contactInformation({ id: contactId(context, federation), ...contact });
  const submodelIds = [
    runId(context, federation),
    agreement.id,
    commands.id,
    structure.id,
    seriesId(context, federation),
    contactSubmodel.id,
  ];
  return merged([
    runPublication(context, federation),
    run === undefined ? seriesFrame(context, federation) : segmentPublication(context, run),
    seriesFrame(context, federation),
    {
      shells: [federationShell({ id: shellId, federation, submodelIds })],
      submodels: [agreement, commands, structure, contactSubmodel],
    },
  ]);
}

function agreementOf({ federation, createdAt }: FederationRow) {
  const { model, profile, training, strategy } = federation;
  const { key, ...modelOptions } = model;
  return present({
    federation: federation.id,
    title: federation.title,
    createdAt,
    model: key,
    modelOptions: Object.keys(modelOptions).length === 0 ? undefined : JSON.stringify(modelOptions),
    strategy: keyOrJson(strategy ?? { key: 'fed-avg' }),
    cohort: JSON.stringify(federation.cohort),
    quorum: JSON.stringify(federation.quorum),
    deadlineMs: federation.deadlineMs,
    maximumRoundAttempts: federation.maximumRoundAttempts,
    rounds: federation.rounds,
    localEpochs: training.localEpochs,
    batchSize: training.batchSize,
    optimizer: training.optimizer.key,
    learningRate: training.optimizer.learningRate,
    seed: training.seed,
    signals: signalsOf(federation).join(', '),
    classes: JSON.stringify(profile.classes),
    windowLength: profile.window.length,
    windowHop: profile.window.hop,
    sampleRateHz: profile.sampleRateHz,
    features: JSON.stringify(profile.features),
    standardisation: profile.standardisation,
    share: federation.share,
  });
}

function keyOrJson(value: { readonly key: string }): string {
  return Object.keys(value).length === 1 ? value.key : JSON.stringify(value);
}

function signalsOf({ profile: { signals } }: Federation): readonly string[] {
  return Object.values(signals).flat();
}
