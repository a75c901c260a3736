import { CodedError } from '../../../runtime/errors.ts';
import { encodeIdentifier } from '../../identifier-encoding.ts';
import { type AasConnection, baseUrlOf, sendAas } from '../aas-request.ts';

/** Whether the server had the object before. */
export type PutOutcome = 'created' | 'replaced';

/**
 * Stores an object under its id, whether the server has it or not. Servers of API 3.0 answer 404 to the PUT of an
 * unknown id; it is then posted, and put again if somebody else was faster.
 * @param collection path below the server's base URL, such as `/submodels`.
 * @throws CodedError `E_AAS_REQUEST`, `E_AAS_NOT_FOUND` if there is no such collection
 */
export async function putObject(
  server: AasConnection,
  collection: string,
  object: { readonly id: string },
): Promise<PutOutcome> {
  const all = `${baseUrlOf(server)}${collection}`;
  const one = `${all}/${encodeIdentifier(object.id)}`;
  const put = () => sendAas(server, one, { method: 'PUT', body: object });
  try {
    return (await put()) === 201 ? 'created' : 'replaced';
  } catch (thrown) {
    if (statusOf(thrown) !== 404) throw thrown;
  }
  try {
    await sendAas(server, all, { method: 'POST', body: object });
    return 'created';
  } catch (thrown) {
    if (statusOf(thrown) !== 409) throw thrown;
  }
  await put();
  return 'replaced';
}

/**
 * Takes an object out; one that is not there is no error.
 * @throws CodedError `E_AAS_REQUEST`
 */
export async function deleteObject(server: AasConnection, collection: string, id: string): Promise<void> {
  try {
    await sendAas(server, `${baseUrlOf(server)}${collection}/${encodeIdentifier(id)}`, { method: 'DELETE' });
  } catch (thrown) {
    if (statusOf(thrown) !== 404) throw thrown;
  }
}

/** Status of a refusal; undefined for a server that gave none. */
export function statusOf(thrown: unknown): number | undefined {
  const status = thrown instanceof CodedError ? thrown.details['status'] : undefined;
  return typeof status === 'number' ? status : undefined;
}
