import { checkFinite } from '../../../learning/update.ts';
import { streamSafetensors } from '../../../learning/weights/stream-safetensors.ts';
import { readVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import type { Federation } from '../../../openapi/schemas.ts';
import { canonicalJson } from '../../../runtime/canonical-json.ts';
import { CodedError, type Fault, toCodedError } from '../../../runtime/errors.ts';
import type { StoredFile } from '../../../runtime/file-store.ts';
import type { Store } from '../store/store.ts';

interface IncomingStart {
  readonly federation: Federation;
  readonly sha256: string;
  readonly body: AsyncIterable<Uint8Array>;
  readonly maximumBytes: number;
}

/**
 * Takes weights that a run of the federation may begin from.
 * @throws CodedError `E_UPDATE_HASH`, `E_MALFORMED_SAFETENSORS`, `E_UPDATE_MALFORMED` for those of another model or
 * profile, `E_UPDATE_NOT_FINITE`.
 */
export async function acceptStartFile(
  store: Store,
  { federation, sha256, body, maximumBytes }: IncomingStart,
): Promise<StoredFile> {
  const wasThere = store.versionFiles.has(sha256);
  const file = await store.versionFiles
    .put(body, { expectedSha256: sha256, maximumBytes })
    .catch((thrown: unknown) => {
      const error = toCodedError(thrown);
      throw error.code === 'E_HASH_MISMATCH'
        ? new CodedError('E_UPDATE_HASH', error.message, { cause: error })
        : error;
    });
  try {
    await checkStart(store, federation, sha256);
  } catch (thrown) {
    if (!wasThere) await store.versionFiles.delete(sha256);
    throw thrown;
  }
  return file;
}

async function checkStart(store: Store, federation: Federation, sha256: string): Promise<void> {
  const { header, values, close } = await streamSafetensors(await store.versionFiles.read(sha256));
  try {
    const { model, profile, scaler, group } = readVersionMetadata(header.metadata);
    const faults: Fault[] = [];
    const same = (path: string, one: unknown, other: unknown) => {
      if (canonicalJson(one) !== canonicalJson(other)) {
        faults.push({ path, message: `is not that of the federation ${federation.id}` });
      }
    };
    same('model', model, federation.model);
    same('profile', profile, federation.profile);
    same('group', group, 'main');
    // A local one is replaced by the run's where the federation standardises together.
    if (scaler.kind === 'federated') same('scaler', federation.profile.standardisation, 'federated');
    const current = store.versions.current(federation.id);
    if (current !== undefined) {
      const known = await streamSafetensors(await store.versionFiles.read(current.sha256));
      const shapes = (tensors: typeof header.tensors) => tensors.map(({ name, shape }) => [name, shape]);
      same('tensors', shapes(header.tensors), shapes(known.header.tensors));
      await known.close();
    }
    if (faults.length > 0) {
      throw new CodedError('E_UPDATE_MALFORMED', `the weights do not fit the federation ${federation.id}`, {
        faults,
      });
    }
    await checkFinite(values);
  } finally {
    await close();
  }
}
