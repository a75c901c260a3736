import { readFile } from 'node:fs/promises';
import { readSafetensors } from '../../learning/weights/safetensors.ts';
import { readVersionMetadata, type VersionMetadata } from '../../learning/weights/version-metadata.ts';
import type { DataProfile, ModelSpec } from '../../openapi/schemas.ts';
import { validate } from '../../openapi/validate.ts';
import { CodedError } from '../../runtime/errors.ts';

/** A model version's file with what it says of itself, checked. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  readonly metadata: VersionMetadata;
  readonly profile: DataProfile;
  readonly model: ModelSpec;
}

/**
 * Reads a model version's safetensors file.
 * @throws CodedError `E_FILE_NOT_FOUND`, `E_MALFORMED_SAFETENSORS`, `E_INVALID_INPUT`.
 */
export async function readModelFile(file: string): Promise<ModelFile> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new CodedError('E_FILE_NOT_FOUND', `the model file ${file} cannot be read`, { cause });
  });
  const metadata = readVersionMetadata(readSafetensors(bytes).header.metadata);
  const profile = validate('DataProfile', metadata.profile, `the profile in ${file}`);
  const model = validate('ModelSpec', metadata.model, `the architecture in ${file}`);
  return { bytes, metadata, profile, model };
}
