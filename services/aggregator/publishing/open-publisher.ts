import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeIdentifier } from '../../../aas/identifier-encoding.ts';
import type { Publication } from '../../../aas/publication.ts';
import type { AasEnvironment } from '../../../aas/server/environment.ts';
import { aasIds } from '../../../aas/submodels/aas-ids.ts';
import { DEPLOYED_MODEL_PATH } from '../../../aas/submodels/ai-deployment.ts';
import { readSafetensorsHeader } from '../../../learning/weights/safetensors.ts';
import { readVersionMetadata, type VersionMetadata } from '../../../learning/weights/version-metadata.ts';
import type { Log } from '../../../runtime/log.ts';
import { packageVersion } from '../../../runtime/package-root.ts';
import type { Metrics } from '../metrics.ts';
import type { Participants } from '../participants.ts';
import type { ResolvedSettings } from '../settings.ts';
import type { Store } from '../store/store.ts';
import type { VersionRow } from '../store/version-table.ts';
import { aggregatorPublication } from './aggregator-publication.ts';
import { federationPublication } from './federation-publication.ts';
import { merged } from './merged.ts';
import { participantPublication, participantStatePublication } from './participant-publication.ts';
import type { PublicationContext } from './publication-context.ts';
import { type VersionName, versionOfPublication } from './publication-name.ts';
import { Publisher } from './publisher.ts';
import { RequirementsFiles } from './requirements-files.ts';
import { recordPublication } from './round-series.ts';
import { runPublication } from './run-publication.ts';
import { versionPublication } from './version-publication.ts';

interface Options {
  readonly settings: ResolvedSettings;
  readonly store: Store;
  readonly participants: Participants;
  readonly environment: Pick<AasEnvironment, 'apply'>;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Where the AAS that holds the models is reached, without a slash at the end. */
  readonly aasUrl: string;
  /** Where the API is reached, once it listens. */
  readonly apiUrl: () => string | undefined;
}

/** Opens the publisher; everything whose state may have changed while nobody watched is published anew. */
export function openPublisher(options: Options): Publisher {
  const { settings, store, participants, environment, metrics, log, aasUrl, apiUrl } = options;
  const ids = aasIds(settings.idBase ?? `urn:fedshell:${store.installationId}`);
  const attachmentUrl = ({ federation, group, number }: VersionName): string => {
    const deployment = ids.submodel(ids.model(federation, group, number), 'AIDeployment');
    return `${aasUrl}/submodels/${encodeIdentifier(deployment)}/submodel-elements/${DEPLOYED_MODEL_PATH}/attachment`;
  };
  const contact = settings.contact ?? { company: 'not stated' };
  const context: PublicationContext = {
    store,
    participants,
    ids,
    contact,
    attachmentUrl,
    requirements: new RequirementsFiles(join(settings.folder, 'requirements')),
    software: packageVersion(),
    urls: { api: apiUrl, aas: aasUrl },
    needsToken: settings.apiToken !== undefined,
  };
  const shapes = new Shapes(store);
  const build = (name: string): Publication => {
    const [kind, id = ''] = name.split(':');
    if (kind === 'aggregator') return aggregatorPublication(context);
    if (kind === 'participant') return participantPublication(context, id);
    if (kind === 'participant-state') return participantStatePublication(context, id);
    if (kind === 'federation') return federationPublication(context, id);
    if (kind === 'run') return runPublication(context, id);
    const { group, number } = versionOfPublication(name)!;
    const version = store.versions.get(id, number, group)!;
    return merged([
      versionPublication(context, version, shapes.of(version)),
      recordPublication(context, version),
      // The status names the newest version, so both appear at the same moment.
      runPublication(context, id),
    ]);
  };
  const publisher = new Publisher({ store, environment, ids, metrics, log, build, attachmentUrl });
  publisher.note('aggregator');
  for (const { federation } of store.federations.all()) publisher.note(`federation:${federation.id}`);
  for (const id of participants.ids()) publisher.note(`participant:${id}`);
  return publisher;
}

/** The shapes of a federation's model, the same in all its versions, so that one file is read. */
class Shapes {
  readonly #store: Store;
  readonly #known = new Map<string, VersionMetadata>();

  constructor(store: Store) {
    this.#store = store;
  }

  of(version: VersionRow): VersionMetadata {
    const known = this.#known.get(version.federation);
    if (known !== undefined) return known;
    const file = readFileSync(this.#store.versionFiles.path(version.sha256));
    const metadata = readVersionMetadata(readSafetensorsHeader(file).metadata);
    this.#known.set(version.federation, metadata);
    return metadata;
  }
}
