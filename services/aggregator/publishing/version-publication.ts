import type { Publication } from '../../../aas/publication.ts';
import {
  aiDeployment,
  DEPLOYED_MODEL_PATH,
  type DeploymentValues,
  REQUIREMENTS_PATH,
} from '../../../aas/submodels/ai-deployment.ts';
import { aiModelNameplate, type ModelNameplateValues } from '../../../aas/submodels/ai-model-nameplate.ts';
import { contactReference } from '../../../aas/submodels/contact-information.ts';
import { modelVersionShell } from '../../../aas/submodels/shells.ts';
import { mergeEvaluations, metricsOf, sumsOfResult } from '../../../learning/metrics.ts';
import { MAIN_GROUP } from '../../../learning/strategies/strategy.ts';
import type { VersionMetadata } from '../../../learning/weights/version-metadata.ts';
import type { Federation } from '../../../openapi/schemas.ts';
import type { RunRow } from '../store/run-table.ts';
import type { VersionRow } from '../store/version-table.ts';
import { contactId, datasetId, type PublicationContext, schemaOf } from './publication-context.ts';

type Shapes = Pick<VersionMetadata, 'inputShape' | 'outputShape'>;

/** A model version's shell with its nameplate and its deployment, whose attachment is the model file. */
export function versionPublication(
  context: PublicationContext,
  version: VersionRow,
  shapes: Shapes,
): Publication {
  const { ids, store, attachmentUrl } = context;
  const parent = parentVersion(context, version);
  const federation = store.federations.get(version.federation)!.federation;
  const run = store.runs.get(version.run)!;
  const shellId = ids.model(federation.id, version.group, version.number);
  const contact = contactReference(contactId(context, federation.id));
  const group = version.group === MAIN_GROUP ? '' : `-${version.group}`;
  const fileName = `${federation.id}${group}-${version.number}.safetensors`;
  const contentType = 'application/octet-stream';
  const requirements = version.numerics === undefined ? undefined : context.requirements.of(version.numerics);
  const nameplate = aiModelNameplate({
    id: ids.submodel(shellId, 'AIModelNameplate'),
    uriOfTheProduct: shellId,
    version: String(version.number),
    contact,
    storage: attachmentUrl(version),
    inputs: {
      kind: `${federation.profile.features.key} of windows of ${federation.profile.signals.waveform}`,
      dimensions: shapes.inputShape.map((size) => ({ size, information: inputOf(federation) })),
    },
    outputs: shapes.outputShape.map((size) => ({ size, result: federation.profile.classes.join(', ') })),
    trainingResults: trainingResults(context, version, run),
    details: { fileExtension: 'safetensors', framework: frameworkOf(version), programLanguage: 'TypeScript' },
    datasets: (version.contributors ?? []).map((id) => ({
      submodelId: datasetId(context, id, federation.id),
    })),
    type: federation.model.key,
    hyperparameters: hyperparameters(federation, run),
    ...parentOf(context, parent),
  });
  const deployment = aiDeployment({
    id: ids.submodel(shellId, 'AIDeployment'),
    uriOfTheProduct: shellId,
    version: String(version.number),
    contact,
    nameplateId: nameplate.id,
    format: 'safetensors',
    file: { fileName, contentType },
    inputs: schemaOf(federation),
    outputs: {
      Classes: federation.profile.classes.join(', '),
      Shape: shapes.outputShape.join(' x '),
      Values: 'probability of each class',
    },
    ...(requirements !== undefined && { requirements: REQUIREMENTS_FILE }),
    ...monitoringOf(context, version),
  });
  return {
    shells: [
      modelVersionShell({
        id: shellId,
        federation: federation.id,
        group: version.group,
        number: version.number,
        sha256: version.sha256,
        submodelIds: [nameplate.id, deployment.id],
        ...(parent !== undefined && { parentShellId: ids.model(federation.id, parent.group, parent.number) }),
      }),
    ],
    submodels: [nameplate, deployment],
    attachments: [
      {
        submodelId: deployment.id,
        idShortPath: DEPLOYED_MODEL_PATH,
        fileName,
        contentType,
        sha256: version.sha256,
        path: store.versionFiles.path(version.sha256),
      },
      ...(requirements === undefined
        ? []
        : [
            {
              submodelId: deployment.id,
              idShortPath: REQUIREMENTS_PATH,
              ...REQUIREMENTS_FILE,
              ...requirements,
            },
          ]),
    ],
  };
}

const REQUIREMENTS_FILE = { fileName: 'requirements.txt', contentType: 'text/plain' } as const;

function inputOf({ profile: { window, standardisation } }: Federation): string {
  const scaler = standardisation === 'local' ? "scaled by each site's own statistics" : 'scaled by the model';
  return `of windows of ${window.length} samples every ${window.hop}, ${scaler}`;
}

/** How the version does in the newest run that scored it, against the first: later runs score it on newer data. */
function monitoringOf(
  { store }: PublicationContext,
  version: VersionRow,
): Pick<DeploymentValues, 'monitoring'> | undefined {
  const runs = store.evaluations.runsOf(version.federation, version.number, version.group);
  const [first, last] = [runs[0], runs.at(-1)];
  if (first === undefined || last === undefined || first === last) return undefined;
  const accuracies = [first, last].map(({ run }) => {
    const results = store.evaluations.resultsOf(run, version.number, version.group);
    return results.length === 0 ? undefined : metricsOf(mergeEvaluations(results.map(sumsOfResult))).accuracy;
  });
  const [before, now] = accuracies;
  if (before === undefined || now === undefined) return undefined;
  const [from, to] = [first.startedAt ?? version.createdAt, last.startedAt ?? version.createdAt];
  return { monitoring: { from, to, performanceDrift: now - before } };
}

/** Facts of the version's making, and its figures once it was evaluated. */
function trainingResults({ store }: PublicationContext, version: VersionRow, run: RunRow) {
  const results = store.evaluations.resultsOf(run.id, version.number, version.group);
  const metrics = results.length === 0 ? undefined : metricsOf(mergeEvaluations(results.map(sumsOfResult)));
  return {
    Run: run.id,
    Sha256: version.sha256,
    ...(version.round !== undefined && { Round: version.round }),
    ...(version.contributors !== undefined && { Contributors: version.contributors.join(', ') }),
    ...(version.exampleCount !== undefined && { ExampleCount: version.exampleCount }),
    ...(metrics !== undefined && {
      Accuracy: metrics.accuracy,
      Loss: metrics.loss,
      TestExampleCount: metrics.exampleCount,
    }),
    ...(metrics?.uar !== undefined && { Uar: metrics.uar }),
    ...recallOf(metrics?.recall, store.federations.get(version.federation)!.federation),
  };
}

/** By class, for those that occur; absent where sites share a summary only. */
function recallOf(
  recall: readonly (number | undefined)[] | undefined,
  { profile: { classes } }: Federation,
): Record<string, number> {
  const known = classes.flatMap((name, index) => {
    const value = recall?.[index];
    return value === undefined ? [] : [[`Recall_${name}`, value]];
  });
  return Object.fromEntries(known);
}

function hyperparameters(
  { training, strategy, model, profile }: Federation,
  run: RunRow,
): Record<string, string | number> {
  const { optimizer, batchSize } = training;
  const options = Object.entries(model).filter(([key]) => key !== 'key');
  return {
    ...Object.fromEntries(options.map(([key, value]) => [`Model_${key}`, JSON.stringify(value)])),
    Standardisation: profile.standardisation,
    Strategy: strategy?.key ?? 'fed-avg',
    Rounds: run.totalRounds,
    LocalEpochs: run.localEpochs,
    BatchSize: batchSize,
    Optimizer: optimizer.key,
    LearningRate: optimizer.learningRate,
    Seed: run.seed,
  };
}

function frameworkOf({ numerics }: VersionRow): string {
  return numerics === undefined ? 'unknown' : `${numerics.library} (${numerics.backend}, ${numerics.build})`;
}

/** The version that this one was made from. */
function parentVersion({ store }: PublicationContext, version: VersionRow): VersionRow | undefined {
  if (version.parent === undefined) return undefined;
  const before = store.versions.get(version.federation, version.number - 1, version.group);
  return before?.sha256 === version.parent
    ? before
    : store.versions.ofFile(version.federation, version.parent);
}

function parentOf(
  { ids }: PublicationContext,
  parent: VersionRow | undefined,
): Pick<ModelNameplateValues, 'parent'> | undefined {
  if (parent === undefined) return undefined;
  const shellId = ids.model(parent.federation, parent.group, parent.number);
  const group = parent.group === MAIN_GROUP ? '' : ` ${parent.group}`;
  return {
    parent: {
      name: `${parent.federation}${group} ${parent.number}`,
      timeStamp: parent.createdAt,
      nameplateId: ids.submodel(shellId, 'AIModelNameplate'),
    },
  };
}
