import {
  AttributeIds,
  ContentFilter,
  coerceQualifiedName,
  EventFilter,
  type NodeId,
  ofType,
  SimpleAttributeOperand,
  type Variant,
} from 'node-opcua-client';
import { parseBrowsePath } from './node-address.ts';

/** BaseEventType; the time and the type of an event are its. */
const BASE_EVENT_TYPE = 'i=2041';
/** EventQueueOverflowEventType, which a server reports whatever the filter says (OPC UA Part 4, 7.22.3). */
const OVERFLOW_TYPE = 3035;

/** Selects time, type and one field of the events of a type and its subtypes. */
export function eventFilter(type: NodeId, field: string, namespaces: readonly string[]): EventFilter {
  const path = parseBrowsePath(field.startsWith('/') ? field : `/${field}`).map(({ namespaceUri, name }) => {
    const namespaceIndex = namespaceUri === undefined ? 0 : namespaces.indexOf(namespaceUri);
    return coerceQualifiedName({ namespaceIndex, name });
  });
  const clause = (typeDefinitionId: NodeId | string, browsePath: typeof path) =>
    new SimpleAttributeOperand({ attributeId: AttributeIds.Value, typeDefinitionId, browsePath });
  return new EventFilter({
    selectClauses: [
      clause(BASE_EVENT_TYPE, [coerceQualifiedName('Time')]),
      clause(BASE_EVENT_TYPE, [coerceQualifiedName('EventType')]),
      clause(type, path),
    ],
    whereClause: new ContentFilter({ elements: [ofType(type)] }),
  });
}

/** An event as `eventFilter` selects it. */
export interface ReadEvent {
  readonly timeMs: number | undefined;
  /** Whether it says that events before it were dropped. */
  readonly isOverflow: boolean;
  readonly value: Variant | undefined;
}

/** Reads the fields of a notified event. */
export function readEvent(fields: readonly Variant[]): ReadEvent {
  const [time, type, value] = fields;
  const at: unknown = time?.value;
  const typeId: unknown = type?.value;
  return {
    timeMs: at instanceof Date ? at.getTime() : undefined,
    isOverflow: isOverflowType(typeId),
    value,
  };
}

function isOverflowType(id: unknown): boolean {
  if (typeof id !== 'object' || id === null || !('value' in id) || !('namespace' in id)) return false;
  return id.namespace === 0 && id.value === OVERFLOW_TYPE;
}
