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
export async function readValue(
  connection: AasConnection,
  submodelUrl: string,
  idShortPath?: string,
): Promise<unknown> {
  const base = httpUrl(submodelUrl).href.replace(/\/+$/, '');
  if (idShortPath === undefined) return requestAasJson(connection, `${base}/$value`);
  const value = await requestAasJson(
    connection,
    `${base}/submodel-elements/${encodeURIComponent(idShortPath)}/$value`,
  );
  return unwrapped(value, idShortPath.slice(idShortPath.lastIndexOf('.') + 1));
}

/** FA³ST 1.3.0 answers the value of an element inside an object with its idShort; the specification has the bare value. */
function unwrapped(value: unknown, idShort: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const [[name, inner] = [], ...others] = Object.entries(value);
  return name === idShort && others.length === 0 ? inner : value;
}
