import { encodeIdentifier } from '../../identifier-encoding.ts';
import type { PublishedElement } from '../../publication.ts';
import { type AasConnection, baseUrlOf, requestAasJson, sendAas } from '../aas-request.ts';
import { type PutOutcome, statusOf } from './put-object.ts';

/**
 * Stores one element of a submodel, whether the server has it or not; servers of API 3.0 do not create by PUT.
 * @throws CodedError `E_AAS_NOT_FOUND` if the submodel or the parent is not there, `E_AAS_REQUEST`
 */
export async function putElement(
  server: AasConnection,
  { submodelId, idShortPath, element, keep }: PublishedElement,
): Promise<PutOutcome> {
  const elements = `${baseUrlOf(server)}/submodels/${encodeIdentifier(submodelId)}/submodel-elements`;
  const one = `${elements}/${encodeURIComponent(idShortPath)}`;
  try {
    if (keep === true) {
      await requestAasJson(server, `${one}?level=core`);
      return 'replaced';
    }
    return (await sendAas(server, one, { method: 'PUT', body: element })) === 201 ? 'created' : 'replaced';
  } catch (thrown) {
    if (statusOf(thrown) !== 404) throw thrown;
  }
  const dot = idShortPath.lastIndexOf('.');
  const parent = dot < 0 ? elements : `${elements}/${encodeURIComponent(idShortPath.slice(0, dot))}`;
  try {
    await sendAas(server, parent, { method: 'POST', body: element });
    return 'created';
  } catch (thrown) {
    if (statusOf(thrown) !== 409) throw thrown;
  }
  if (keep !== true) await sendAas(server, one, { method: 'PUT', body: element });
  return 'replaced';
}
