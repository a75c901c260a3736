import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Schemas } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { aggregatorClient, answered } from '../api/aggregator-client.ts';
import type { ApiOptions } from '../api/api-options.ts';

/**
 * What a run is to begin from. A file is made to fit the federation's model here and put to the aggregator.
 * @param text number of a version, or path of a safetensors file or of a tfjs model's `model.json`.
 * @throws CodedError `E_FILE_NOT_FOUND`, `E_MALFORMED_SAFETENSORS`, and what the aggregator refuses with.
 */
export async function startFrom(
  federationId: string,
  text: string,
  options: ApiOptions,
): Promise<Schemas['StartFrom']> {
  if (/^\d+$/.test(text)) return { version: Number(text) };
  const file = resolve(text);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new CodedError('E_FILE_NOT_FOUND', `there is no file ${file}`);
  }
  const client = aggregatorClient(options);
  const params = { path: { federationId } };
  const { federation } = await answered(client.GET('/api/federations/{federationId}', { params }));
  const { importModel } = await import('../../services/trainer/import-model.ts');
  const content = await importModel(federation, file);
  const sha256 = createHash('sha256').update(content).digest('hex');
  await answered(
    client.PUT('/api/federations/{federationId}/start-file', {
      params: { ...params, header: { 'x-content-sha256': sha256 } },
      // The description says string for binary; the bytes go as they are.
      body: content as unknown as string,
      bodySerializer: (body: unknown) => body as never,
      headers: { 'content-type': 'application/octet-stream' },
    }),
  );
  return { file: sha256 };
}
