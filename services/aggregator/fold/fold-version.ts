import type { Strategy } from '../../../learning/strategies/strategy.ts';
import { encodeSafetensors, readSafetensors } from '../../../learning/weights/safetensors.ts';
import { streamSafetensors } from '../../../learning/weights/stream-safetensors.ts';
import type { TensorSpec } from '../../../learning/weights/tensor.ts';
import { readVersionMetadata, writeVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import type { Contribution } from '../../../openapi/schemas.ts';
import type { StoredFile } from '../../../runtime/file-store.ts';
import { fileChunks } from '../store/file-chunks.ts';
import { putVersionFile } from '../store/put-version-file.ts';
import type { Store } from '../store/store.ts';
import type { VersionRow } from '../store/version-table.ts';

/** The file of the next version and what it is made of. */
export interface FoldedVersion extends StoredFile {
  readonly exampleCount: number;
  readonly tensors: readonly TensorSpec[];
}

/**
 * Turns a round's contributions into the next version's file. The same ones give the same bytes, so that doing it
 * again after a kill changes nothing. Only the updates' verified files are read, as streams.
 * @throws CodedError as the strategy's `aggregate`; what the file system throws.
 */
export async function foldVersion(
  store: Store,
  strategy: Strategy,
  base: VersionRow,
  contributions: readonly Contribution[],
): Promise<FoldedVersion> {
  const { header, tensors } = readSafetensors(await readVersion(store, base));
  const result = await strategy.aggregate({
    base: tensors,
    contributions: contributions.map(({ participant, exampleCount, sha256, bytes }) => ({
      participant,
      exampleCount,
      open: () => streamSafetensors(store.updates.read(sha256, bytes)),
    })),
  });
  const metadata = writeVersionMetadata({ ...readVersionMetadata(header.metadata), number: base.number + 1 });
  const file = await putVersionFile(store.versionFiles, [...encodeSafetensors(result.tensors, metadata)]);
  return {
    ...file,
    exampleCount: result.exampleCount,
    tensors: result.tensors.map(({ name, shape }) => ({ name, shape })),
  };
}

/** The whole file in memory, as the strategy needs all of it. */
async function readVersion(store: Store, { sha256, bytes }: VersionRow): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of fileChunks(store.versionFiles, sha256, bytes)) chunks.push(chunk);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
