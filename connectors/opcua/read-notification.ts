import {
  type ClientSubscription,
  DataChangeNotification,
  type DataValue,
  type NotificationMessage,
} from 'node-opcua-client';
import type { Gap, Quality, Sample } from '../connector.ts';
import type { GapLedger } from './gap-ledger.ts';
import type { SignalNode } from './resolve-nodes.ts';
import { sampleValue } from './sample-value.ts';

/** InfoType DataValue and Overflow (OPC UA Part 4, 7.39.1): the server dropped values before this one. */
const OVERFLOW_BITS = 0x480;

/** Turns the notifications of a subscription into samples and gaps. */
export class NotificationReader {
  readonly #signals = new Map<string, string[]>();
  readonly #signalsByHandle = new Map<number, readonly string[]>();
  readonly #ledger: GapLedger;
  /** Signals whose values are of a kind that no sample has. */
  readonly unreadable = new Set<string>();

  constructor(nodes: readonly SignalNode[], ledger: GapLedger) {
    this.#ledger = ledger;
    for (const { signal, nodeId } of nodes) {
      const key = nodeId.toString();
      this.#signals.set(key, [...(this.#signals.get(key) ?? []), signal]);
    }
  }

  /** Names of the signals that a node has. */
  signalsOf(nodeId: string): readonly string[] {
    return this.#signals.get(nodeId) ?? [];
  }

  /** Reads one message; values keep their order. */
  read(message: NotificationMessage, subscription: ClientSubscription): { samples: Sample[]; gaps: Gap[] } {
    const samples: Sample[] = [];
    const gaps: Gap[] = [];
    for (const data of message.notificationData ?? []) {
      if (!(data instanceof DataChangeNotification)) continue;
      for (const { clientHandle, value } of data.monitoredItems ?? []) {
        for (const signal of this.#signalsOfHandle(clientHandle, subscription)) {
          this.#readValue(signal, value, samples, gaps);
        }
      }
    }
    return { samples, gaps };
  }

  #readValue(signal: string, dataValue: DataValue, samples: Sample[], gaps: Gap[]): void {
    const value = sampleValue(dataValue.value);
    const status = dataValue.statusCode.value;
    const overflowed = (status & OVERFLOW_BITS) === OVERFLOW_BITS;
    const quality = value === undefined ? 'bad' : qualityOf(status);
    const sourceTimestampMs =
      (dataValue.sourceTimestamp ?? dataValue.serverTimestamp)?.getTime() ?? Date.now();
    const gap = this.#ledger.next(signal, { sourceTimestampMs, quality, overflowed });
    if (gap !== undefined) gaps.push(gap);
    if (value !== undefined) samples.push({ signal, value, sourceTimestampMs, quality });
    else if (dataValue.value.value !== null && dataValue.value.value !== undefined)
      this.unreadable.add(signal);
  }

  #signalsOfHandle(handle: number, subscription: ClientSubscription): readonly string[] {
    const known = this.#signalsByHandle.get(handle);
    if (known !== undefined) return known;
    const item = subscription.monitoredItems[handle];
    if (item === undefined) return [];
    const signals = this.signalsOf(item.itemToMonitor.nodeId.toString());
    this.#signalsByHandle.set(handle, signals);
    return signals;
  }
}

/** The two highest bits of a status code are its severity (OPC UA Part 4, 7.39.1). */
function qualityOf(status: number): Quality {
  const severity = status >>> 30;
  return severity === 0 ? 'good' : severity === 1 ? 'uncertain' : 'bad';
}
