import type { InitialGroup } from '../../../learning/strategies/strategy.ts';
import { checkFinite } from '../../../learning/update.ts';
import { streamSafetensors } from '../../../learning/weights/stream-safetensors.ts';
import { readVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import type { Federation } from '../../../openapi/schemas.ts';
import { canonicalJson } from '../../../runtime/canonical-json.ts';
import { CodedError, type Fault, toCodedError } from '../../../runtime/errors.ts';
import { timestamp } from '../clock.ts';
import { publicationOf } from '../publishing/publication-name.ts';
import type { RunRow } from '../store/run-table.ts';
import type { VersionRow } from '../store/version-table.ts';
import type { RunServices } from './run-context.ts';

/** Version 0 as it comes in. */
export interface IncomingVersion {
  readonly run: RunRow;
  readonly federation: Federation;
  /** The groups whose version 0 is to be made. */
  readonly groups: readonly InitialGroup[];
  readonly pool: string;
  readonly sha256: string;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Takes the answer to an `initialise` job. The first one counts; the same again is answered alike.
 * @throws CodedError with the code of the refusal.
 */
export async function acceptInitialVersion(
  services: RunServices,
  { run, federation, groups, pool, sha256, body }: IncomingVersion,
): Promise<VersionRow> {
  const { store } = services;
  const first = groups.map(({ group }) => store.versions.get(federation.id, 0, group));
  const same = first.find((version) => version?.sha256 === sha256);
  if (same !== undefined) return same;
  if (first.every((version) => version !== undefined)) return sameOrConflict(first[0]!, sha256);
  if (run.initialisePool !== pool || run.endedAt !== undefined) {
    throw new CodedError(
      'E_WRONG_STATE',
      `run ${run.id} does not wait for an initial version of pool ${pool}`,
    );
  }
  const { bytes } = await store.versionFiles
    .put(body, { expectedSha256: sha256, maximumBytes: services.maximumModelBytes })
    .catch((thrown: unknown) => {
      const error = toCodedError(thrown);
      throw error.code === 'E_HASH_MISMATCH'
        ? new CodedError('E_UPDATE_HASH', error.message, { cause: error })
        : error;
    });
  let group: string;
  try {
    const waited = groups.filter((_, index) => first[index] === undefined).map((each) => each.group);
    group = await checkVersion(await store.versionFiles.read(sha256), run, federation, waited);
  } catch (thrown) {
    await store.versionFiles.delete(sha256);
    throw thrown;
  }
  const version: VersionRow = {
    federation: federation.id,
    group,
    number: 0,
    sha256,
    bytes,
    run: run.id,
    round: undefined,
    parent: undefined,
    contributors: undefined,
    exampleCount: undefined,
    numerics: run.numerics,
    createdAt: timestamp(),
    publishedAt: undefined,
  };
  return store.transaction(() => {
    if (!store.versions.insert(version, undefined))
      return sameOrConflict(store.versions.get(federation.id, 0, group)!, sha256);
    store.publications.add(publicationOf(version));
    return version;
  });
}

function sameOrConflict(existing: VersionRow, sha256: string): VersionRow {
  if (existing.sha256 === sha256) return existing;
  throw new CodedError('E_ALREADY_CONTRIBUTED', `version 0 of ${existing.federation} is ${existing.sha256}`, {
    details: { acceptedSha256: existing.sha256 },
  });
}

/**
 * The file must be what the job asked for: later versions carry its metadata on.
 * @param groups those without a version. @returns the one whose version it is.
 */
async function checkVersion(
  file: AsyncIterable<Uint8Array>,
  run: RunRow,
  federation: Federation,
  groups: readonly string[],
): Promise<string> {
  const { header, values, close } = await streamSafetensors(file);
  try {
    const metadata = readVersionMetadata(header.metadata);
    const expected: Record<string, unknown> = {
      group: groups.includes(metadata.group) ? metadata.group : groups[0],
      number: 0,
      model: federation.model,
      profile: federation.profile,
      scaler: run.scaler,
    };
    const actual: Record<string, unknown> = { ...metadata };
    const faults: Fault[] = Object.keys(expected)
      .filter((key) => canonicalJson(actual[key]) !== canonicalJson(expected[key]))
      .map((key) => ({ path: key, message: 'is not what the initialise job said' }));
    if (header.tensors.length === 0) faults.push({ path: '', message: 'has no tensors' });
    if (faults.length > 0) {
      throw new CodedError('E_UPDATE_MALFORMED', 'the initial version is not the one that was asked for', {
        faults,
      });
    }
    await checkFinite(values);
    return metadata.group;
  } finally {
    await close();
  }
}
