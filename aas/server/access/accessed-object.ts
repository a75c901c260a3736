import { decodeIdentifier } from '../../identifier-encoding.ts';
import type { AccessedObject, Right } from './access-control.ts';

/** Members of the object by the parameter of the path that holds them; all but the idShortPath are encoded. */
const IDENTIFIERS: Readonly<Record<string, keyof AccessedObject>> = {
  aasIdentifier: 'shellId',
  submodelIdentifier: 'submodelId',
  cdIdentifier: 'conceptDescriptionId',
  packageId: 'packageId',
};

/** What the parameters of a path name. */
export function accessedObject(params: Readonly<Record<string, string>>): AccessedObject {
  const object: { -readonly [Member in keyof AccessedObject]: AccessedObject[Member] } = {};
  for (const [name, value] of Object.entries(params)) {
    const member = IDENTIFIERS[name];
    const decoded = member === undefined ? undefined : decodeIfPossible(value);
    if (member !== undefined && decoded !== undefined) object[member] = decoded;
    else if (name === 'idShortPath') object.idShortPath = value;
  }
  return object;
}

function decodeIfPossible(encoded: string): string | undefined {
  try {
    return decodeIdentifier(encoded);
  } catch {
    // The handler refuses it; no object has such an identifier.
    return undefined;
  }
}

const RIGHTS: Readonly<Record<string, Right>> = {
  get: 'READ',
  put: 'UPDATE',
  patch: 'UPDATE',
  post: 'CREATE',
  delete: 'DELETE',
};

/** The right that a method on a route needs. A search is reading, whatever its method; a file belongs to its element. */
export function rightOf(method: string, route: string): Right {
  if (method === 'post' && /^\/(lookup\/shellsByAssetLink$|query\/)/.test(route)) return 'READ';
  if (method === 'post' && /\/invoke(-async)?(\/\$value)?$/.test(route)) return 'EXECUTE';
  if (method === 'delete' && /\/(attachment|thumbnail)$/.test(route)) return 'UPDATE';
  return RIGHTS[method] ?? 'UPDATE';
}
