import { encodeIdentifier } from '../../identifier-encoding.ts';
import type { JsonObject, Submodel } from '../../model.ts';

/**
 * Whether a submodel has operations. Only we can carry them out, so such a submodel is always served by us, whoever
 * holds the rest.
 */
export function hasOperations(submodel: Submodel): boolean {
  return elementsOf(submodel).some(isOperation);
}

/**
 * A copy for another server, whose operations carry the qualifier by which that server passes an invocation on to us.
 * @param baseUrl our API as that server reaches it.
 */
export function delegatingCopy(submodel: Submodel, baseUrl: string): Submodel {
  const url = (idShort: unknown) =>
    `${baseUrl.replace(/\/+$/, '')}/operations/${String(idShort)}?submodel=${encodeIdentifier(submodel.id)}`;
  const elements = elementsOf(submodel).map((element) =>
    isOperation(element) ? delegating(element, url(element['idShort'])) : element,
  );
  // Elements of the same kinds in the same places, with one qualifier more.
  return { ...submodel, submodelElements: elements } as unknown as Submodel;
}

function delegating(operation: JsonObject, url: string): JsonObject {
  const qualifiers = Array.isArray(operation['qualifiers']) ? (operation['qualifiers'] as unknown[]) : [];
  const qualifier = {
    kind: 'ConceptQualifier',
    type: 'invocationDelegation',
    valueType: 'xs:string',
    value: url,
  };
  return { ...operation, qualifiers: [...qualifiers, qualifier] };
}

function isOperation(element: JsonObject): boolean {
  return element['modelType'] === 'Operation';
}

/** The elements as JSON: our typed builders do not name every kind of the metamodel. */
function elementsOf(submodel: Submodel): readonly JsonObject[] {
  return (submodel.submodelElements ?? []) as unknown as readonly JsonObject[];
}
