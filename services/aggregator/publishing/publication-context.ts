import type { AasIds } from '../../../aas/submodels/aas-ids.ts';
import type { Federation } from '../../../openapi/schemas.ts';
import type { Participants } from '../participants.ts';
import type { Store } from '../store/store.ts';
import type { VersionName } from './publication-name.ts';
import type { RequirementsFiles } from './requirements-files.ts';

/** What publications are made from. */
export interface PublicationContext {
  readonly store: Store;
  readonly participants: Participants;
  readonly ids: AasIds;
  /** Who answers for what is published. */
  readonly contact: { readonly company: string; readonly department?: string };
  readonly requirements: RequirementsFiles;
  /** Version of this software. */
  readonly software: string;
  /** Where our own services are reached, without a slash at the end; the API's only once it listens. */
  readonly urls: { readonly api: () => string | undefined; readonly aas: string };
  /** Whether the two want a bearer token. */
  readonly needsToken: boolean;
  attachmentUrl(version: VersionName): string;
}

/** Id of the submodel with the federation's contact. */
export function contactId({ ids }: PublicationContext, federation: string): string {
  return ids.submodel(ids.federation(federation), 'ContactInformations');
}

/** Id of the submodel on a participant's data for a federation. */
export function datasetId({ ids }: PublicationContext, participant: string, federation: string): string {
  return ids.submodel(ids.participant(participant), `AIDataset-${federation}`);
}

/** The schema of a data profile in words, for people who read submodels. */
export function schemaOf({ profile }: Federation): Record<string, string | number> {
  const { signals, window, features } = profile;
  const options = Object.entries(features).filter(([key]) => key !== 'key');
  return {
    Signal: signals.waveform,
    Label: signals.label,
    WindowLength: window.length,
    WindowHop: window.hop,
    Features: [features.key, ...options.map(([key, value]) => `${key} ${String(value)}`)].join(', '),
    Standardisation: profile.standardisation,
    ...(profile.sampleRateHz !== undefined && { SampleRateHz: profile.sampleRateHz }),
  };
}
