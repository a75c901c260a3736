import { CodedError, type Fault } from '../../runtime/errors.ts';
import { childOf, childrenOf, type ForeignElement, keyValues, meaningsOf, textAt } from './element-tree.ts';

const MAPPING = 'https://admin-shell.io/idta/AssetInterfacesMappingConfiguration';
/** IDTA 02027-1-0-1: pairs are RelationshipElements. */
const FIRST = `${MAPPING}/1/0/Submodel`;
/** IDTA 02027-2-0: sources and sinks, matched by their ids. */
const SECOND = `${MAPPING}/2/0/Submodel`;

/** One pair of a Mapping Configuration: what is read, and where it belongs. */
export interface MappedPair {
  /** Keys of the reference to a property of an Asset Interfaces Description: submodel id, interface, …, property. */
  readonly source: readonly string[];
  /** Keys of the reference to the element that shall have the value. */
  readonly sink: readonly string[];
  /** How often a source that does not tell of changes is to be read; undefined where the mapping leaves it open. */
  readonly pollingIntervalSeconds: number | undefined;
}

/** Whether a submodel is an Asset Interfaces Mapping Configuration of a version that is read. */
export function isMappingConfiguration(submodel: ForeignElement): boolean {
  return meaningsOf(submodel).some((meaning) => meaning === FIRST || meaning === SECOND);
}

/**
 * The pairs of a Mapping Configuration.
 * @throws CodedError `E_INVALID_INPUT` for a transformation (a Lua program: nothing of a foreign file is run here), and
 * for sources without a sink
 */
export function mappedPairs(submodel: ForeignElement): MappedPair[] {
  const faults: Fault[] = [];
  const pairs = childrenOf(childOf(submodel, 'MappingConfigurations')).flatMap((configuration, index) => {
    const path = `MappingConfigurations[${index}]`;
    if (childOf(configuration, 'Transformation') !== undefined) {
      const message =
        'has a Lua transformation, which is not run; map the values as they are and use scale and offset';
      faults.push({ path: `${path}.Transformation`, message });
      return [];
    }
    const relations = childrenOf(childOf(configuration, 'MappingSourceSinkRelations'));
    if (relations.length > 0) return relations.map(relatedPair);
    return matchedPairs(configuration, path, faults);
  });
  if (faults.length === 0) return pairs;
  throw new CodedError('E_INVALID_INPUT', 'the Mapping Configuration cannot be used', { faults });
}

function relatedPair(relation: ForeignElement): MappedPair {
  return {
    source: keyValues(relation['first']),
    sink: keyValues(relation['second']),
    pollingIntervalSeconds: undefined,
  };
}

function matchedPairs(configuration: ForeignElement, path: string, faults: Fault[]): MappedPair[] {
  const sinks = new Map(
    childrenOf(childOf(configuration, 'Sinks')).map((sink) => [
      textAt(sink, 'SinkId'),
      keyValues(childOf(sink, 'Sink')?.['value']),
    ]),
  );
  const everyIntervalSeconds = textAt(configuration, 'DefaultPollingInterval');
  return childrenOf(childOf(configuration, 'Sources')).flatMap((source, index) => {
    const id = textAt(source, 'SourceId');
    const sink = id === undefined ? undefined : sinks.get(id);
    if (sink === undefined) {
      faults.push({ path: `${path}.Sources[${index}]`, message: `no sink has the id ${id ?? '(none)'}` });
      return [];
    }
    return [
      {
        source: keyValues(childOf(source, 'Source')?.['value']),
        sink,
        pollingIntervalSeconds: positive(textAt(source, 'PollingInterval') ?? everyIntervalSeconds),
      },
    ];
  });
}

function positive(text: string | undefined): number | undefined {
  const value = Number(text ?? Number.NaN);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

/** Name of a sink: the last idShort of its reference. */
export function sinkName({ sink }: MappedPair): string | undefined {
  return sink.length < 2 ? undefined : sink.at(-1);
}
