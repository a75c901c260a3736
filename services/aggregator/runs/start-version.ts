import { MAIN_GROUP } from '../../../learning/strategies/strategy.ts';
import { encodeSafetensors, readSafetensors } from '../../../learning/weights/safetensors.ts';
import { readVersionMetadata, writeVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import type { Schemas } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { timestamp } from '../clock.ts';
import { publicationOf } from '../publishing/publication-name.ts';
import { putVersionFile } from '../store/put-version-file.ts';
import type { Store } from '../store/store.ts';
import type { VersionRow } from '../store/version-table.ts';
import type { RunContext } from './run-context.ts';

type StartFrom = Schemas['StartFrom'];

/**
 * Makes the versions that a run begins from where it is to begin from other weights than the newest: of `main` and of
 * every other group that the federation has, the next number with these weights. To be asked for once: the newest version
 * is then the run's.
 * @returns that of `main`.
 * @throws CodedError `E_RUN_FAILED` if the weights have gone.
 */
export async function startVersion(context: RunContext): Promise<VersionRow> {
  const { run, federation, store } = context;
  const bytes = await readStart(store, federation.id, run.startFrom);
  const { header, tensors } = readSafetensors(bytes);
  const metadata = readVersionMetadata(header.metadata);
  const named = header.tensors.map(({ name }) => ({ name, ...tensors.get(name)! }));
  const scaler = metadata.scaler.kind === 'local' && run.scaler !== undefined ? run.scaler : metadata.scaler;
  const others = store.versions.currents(federation.id).filter(({ group }) => group !== MAIN_GROUP);
  const versions: VersionRow[] = [];
  for (const group of [MAIN_GROUP, ...others.map((other) => other.group)]) {
    const current = store.versions.current(federation.id, group);
    const number = (current?.number ?? -1) + 1;
    const file = await putVersionFile(store.versionFiles, [
      ...encodeSafetensors(named, writeVersionMetadata({ ...metadata, scaler, group, number })),
    ]);
    versions.push({
      federation: federation.id,
      group,
      number,
      ...file,
      run: run.id,
      round: undefined,
      parent: current?.sha256,
      contributors: undefined,
      exampleCount: undefined,
      numerics: run.numerics,
      createdAt: timestamp(),
      publishedAt: undefined,
    });
  }
  return store.transaction(() => {
    for (const version of versions) {
      // One run of a federation goes on at a time, so nobody else can have made a version.
      if (!store.versions.insert(version, version.parent))
        throw new Error(`version ${version.number} was made by another run`);
      store.publications.add(publicationOf(version));
    }
    return versions[0]!;
  });
}

/** Whether the weights that a run is to begin from lack the scaler of a federation that standardises together. */
export async function startNeedsScaler({ run, federation, store }: RunContext): Promise<boolean> {
  if (run.startFrom === undefined || federation.profile.standardisation !== 'federated') return false;
  const { header } = readSafetensors(await readStart(store, federation.id, run.startFrom));
  return readVersionMetadata(header.metadata).scaler.kind === 'local';
}

/**
 * Refuses a start that is not there.
 * @throws CodedError `E_NOT_FOUND`
 */
export function requireStart(store: Store, federation: string, startFrom: StartFrom | undefined): void {
  if (startFrom === undefined) return;
  if ('version' in startFrom && store.versions.get(federation, startFrom.version) === undefined) {
    throw new CodedError('E_NOT_FOUND', `federation ${federation} has no version ${startFrom.version}`);
  }
  if ('file' in startFrom && !store.versionFiles.has(startFrom.file)) {
    throw new CodedError('E_NOT_FOUND', `no file ${startFrom.file} was put to begin from`);
  }
}

/** @throws CodedError `E_RUN_FAILED` if it has gone. */
async function readStart(
  store: Store,
  federation: string,
  startFrom: StartFrom | undefined,
): Promise<Uint8Array> {
  const sha256 =
    startFrom === undefined || 'file' in startFrom
      ? startFrom?.file
      : store.versions.get(federation, startFrom.version)?.sha256;
  if (sha256 === undefined || !store.versionFiles.has(sha256)) {
    throw new CodedError('E_RUN_FAILED', 'the weights that the run is to begin from have gone');
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of await store.versionFiles.read(sha256)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
