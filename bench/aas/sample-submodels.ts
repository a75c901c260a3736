import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import type { JsonObject } from '../../aas/model.ts';

/** Name of the n-th element of a sample submodel. */
export const elementName = (index: number): string => `Element${String(index).padStart(5, '0')}`;

/** A submodel of whole numbers, each with a semanticId and a description as in practice. */
export function sampleSubmodel(id: string, elementCount: number, firstValue = 0): JsonObject {
  return {
    modelType: 'Submodel',
    id,
    idShort: 'Sample',
    submodelElements: Array.from({ length: elementCount }, (_, index) => ({
      modelType: 'Property',
      idShort: elementName(index),
      semanticId: {
        type: 'ExternalReference',
        keys: [{ type: 'GlobalReference', value: `https://example.com/concepts/measurement/${index}/1/0` }],
      },
      description: [{ language: 'en', text: `Measured value number ${index} of the machine` }],
      valueType: 'xs:int',
      value: String(firstValue + index),
    })),
  };
}

/** Path of an element's value. */
export function valuePath(submodelId: string, idShort: string): string {
  return `/submodels/${encodeIdentifier(submodelId)}/submodel-elements/${idShort}/$value`;
}
