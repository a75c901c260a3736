import type { ModelVersion } from '../../openapi/schemas.ts';
import { readApiToken } from '../api/api-token.ts';

/** A model as any AAS client finds it. */
export interface ModelInAas {
  readonly shellId: string;
  readonly submodelId: string;
  readonly attachmentUrl: string;
  /** Of the bytes that came from the attachment. */
  readonly sha256: string;
}

/**
 * Looks a version up knowing nothing but the registry's address, as any AAS client would, and downloads its attachment.
 * @throws CodedError `E_AAS_NOT_FOUND`, `E_AAS_REQUEST`
 */
export async function modelInAas(
  registryUrl: string,
  { federation, group, number }: ModelVersion,
  apiTokenFile: string | undefined,
): Promise<ModelInAas> {
  const { findModel } = await import('../../aas/client/find-model.ts');
  const { downloadAttachment } = await import('../../aas/client/download-attachment.ts');
  const bearerToken = readApiToken(apiTokenFile);
  const registry = { url: registryUrl, ...(bearerToken === undefined ? {} : { bearerToken }) };
  const { shellId, submodelId, attachmentUrl } = await findModel({
    registry,
    federation,
    group,
    version: number,
  });
  const attachment = await downloadAttachment(registry, attachmentUrl);
  for await (const _chunk of attachment.content) {
    // Its bytes are hashed as they pass; nothing else is wanted of them.
  }
  return { shellId, submodelId, attachmentUrl, sha256: attachment.sha256() };
}
