import type { Reference, Submodel, SubmodelElementCollection } from '../model.ts';
import { externalReference } from '../references.ts';
import { collection, elementList, property, referenceElement } from './elements.ts';
import { MAPPING_IDS as IDS } from './interface-ids.ts';

/** One pair of a mapping: what is read where, and what it means here. */
export interface InterfaceMapping {
  /** Equal for the two ends, unique in the mapping. */
  readonly name: string;
  /** An interface's property (IDTA 02017). */
  readonly source: Reference;
  readonly sink: Reference;
}

/**
 * IDTA 02027-2-0: which property of an interface is which signal. There is no polling interval: a trainer subscribes,
 * and the values that arrive stay at its site.
 */
export function interfaceMapping(id: string, mappings: readonly InterfaceMapping[]): Submodel {
  return {
    modelType: 'Submodel',
    id,
    idShort: 'AssetInterfacesMappingConfiguration',
    kind: 'Instance',
    semanticId: externalReference(IDS.submodel),
    submodelElements: [
      elementList(
        'MappingConfigurations',
        IDS.configurations,
        IDS.configuration,
        'SubmodelElementCollection',
        [
          collection('', IDS.configuration, [
            elementList(
              'Sources',
              IDS.sources,
              IDS.source,
              'SubmodelElementCollection',
              mappings.map(source),
              false,
            ),
            elementList('Sinks', IDS.sinks, IDS.sink, 'SubmodelElementCollection', mappings.map(sink), false),
          ]),
        ],
        false,
      ),
    ],
  };
}

function source(mapping: InterfaceMapping): SubmodelElementCollection {
  return collection('', IDS.source, [
    referenceElement('Source', IDS.sourceReference, mapping.source),
    property('SourceId', IDS.sourceId, mapping.name),
  ]);
}

function sink(mapping: InterfaceMapping): SubmodelElementCollection {
  return collection('', IDS.sink, [
    referenceElement('Sink', IDS.sinkReference, mapping.sink),
    property('SinkId', IDS.sinkId, mapping.name),
  ]);
}
