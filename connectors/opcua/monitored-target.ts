import type { AttributeIds, EventFilter, NodeId } from 'node-opcua-client';
import type { Conversion } from './sample-value.ts';
import type { Track } from './track.ts';

/** A signal that the values of an item become. */
export interface TargetSignal {
  readonly track: Track;
  readonly conversion?: Conversion;
}

/** One monitored item, and what becomes of its values. */
export interface MonitoredTarget {
  /** By which notifications name it; its place in the list of targets plus one. */
  readonly handle: number;
  /** Name of its subscription. */
  readonly group: string;
  readonly nodeId: NodeId;
  readonly attributeId: AttributeIds.Value | AttributeIds.EventNotifier;
  readonly indexRange?: string;
  readonly eventFilter?: EventFilter;
  readonly isStructure: boolean;
  /** Of an array too long for a message: a change of its first element says that it is to be read. */
  readonly longLength?: number;
  readonly signals: readonly TargetSignal[];
  /** Values a second that are expected. */
  readonly rateHz: number;
  /** Of one queued value, on the server. */
  readonly valueBytes: number;
  readonly queueSize: number;
}

/** What the server granted an item. */
export interface GrantedItem {
  readonly target: MonitoredTarget;
  readonly samplingMs: number;
  readonly queueSize: number;
  /** Whether it notifies every timestamp, not just every change of the value. */
  readonly everyTimestamp: boolean;
}

/** Names of the signals of a target, for people. */
export function signalNames({ signals }: MonitoredTarget): string {
  return signals.map(({ track }) => track.signal).join(', ');
}
