import type { Submodel } from '../model.ts';
import { type AasConnection, httpUrl, requestAasJson } from './aas-request.ts';

/** Reads a submodel at the address that its descriptor gave. @throws CodedError `E_AAS_NOT_FOUND`, `E_AAS_REQUEST` */
export async function readSubmodel(connection: AasConnection, submodelUrl: string): Promise<Submodel> {
  // A server's answer to this path is a submodel (IDTA-01002); who uses a member checks it.
  return (await requestAasJson(connection, httpUrl(submodelUrl).href)) as Submodel;
}

/**
 * Reads values only: of the whole submodel, or of the element at a path.
 * @throws CodedError `E_AAS_NOT_FOUND`, `E_AAS_REQUEST`
 */
export function readValue(
  connection: AasConnection,
  submodelUrl: string,
  idShortPath?: string,
): Promise<unknown> {
  const base = httpUrl(submodelUrl).href.replace(/\/+$/, '');
  const element = idShortPath === undefined ? '' : `/submodel-elements/${encodeURIComponent(idShortPath)}`;
  return requestAasJson(connection, `${base}${element}/$value`);
}
