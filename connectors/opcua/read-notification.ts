import {
  DataChangeNotification,
  type DataValue,
  EventNotificationList,
  type NotificationMessage,
} from 'node-opcua-client';
import type { Quality, Sample } from '../connector.ts';
import { readEvent } from './event-filter.ts';
import type { GapLedger } from './gap-ledger.ts';
import type { OpcuaMetrics } from './metrics.ts';
import type { MonitoredTarget, TargetSignal } from './monitored-target.ts';
import { sampleValue } from './sample-value.ts';
import { steadyNowMs } from './server-status.ts';
import type { Track } from './track.ts';

/** InfoType DataValue and Overflow (OPC UA Part 4, 7.39.1): the server dropped values before this one. */
const OVERFLOW_BITS = 0x480;
const PICOSECONDS_A_MS = 1e9;

interface ReaderOptions {
  readonly targets: readonly MonitoredTarget[];
  readonly ledger: GapLedger;
  readonly metrics: OpcuaMetrics;
  /** An array that is read in parts has changed. */
  readonly longChanged: (target: MonitoredTarget, sourceTimestampMs: number) => void;
}

/** What of a signal came in the messages of one publishing cycle. */
interface Burst {
  readonly track: Track;
  cycle: number;
  count: number;
  beforeMs: number;
  firstMs: number;
  firstOverflowed: boolean;
}

/** Turns the values of notifications into samples, and tells the ledger of them. */
export class NotificationReader {
  readonly #options: ReaderOptions;
  /** By target and signal, as the targets have them: a look-up by key would be one of the dearest steps of a value. */
  readonly #bursts: readonly (readonly Burst[])[];
  #full: Burst[] = [];
  #cycle = 0;
  /** Whether the server was seen to mark the value after dropped ones. */
  #marksOverflows = false;
  /** Signals whose values are of a kind that no sample has. */
  readonly unreadable = new Set<string>();

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#bursts = options.targets.map(({ signals }) =>
      signals.map(({ track }) => ({
        track,
        cycle: 0,
        count: 0,
        beforeMs: Number.NaN,
        firstMs: Number.NaN,
        firstOverflowed: false,
      })),
    );
  }

  /**
   * Reads one message; values keep their order.
   * @param isLast whether the server had no more to say in this publishing cycle.
   */
  read(message: NotificationMessage, group: string, isLast: boolean): Sample[] {
    const { targets } = this.#options;
    const arrivedAtMs = steadyNowMs();
    const samples: Sample[] = [];
    for (const data of message.notificationData ?? []) {
      if (data instanceof DataChangeNotification) {
        for (const { clientHandle, value } of data.monitoredItems ?? []) {
          const target = targets[clientHandle - 1];
          if (target !== undefined) this.#readItem(target, clientHandle - 1, value, arrivedAtMs, samples);
        }
      } else if (data instanceof EventNotificationList) {
        for (const { clientHandle, eventFields } of data.events ?? []) {
          const target = targets[clientHandle - 1];
          if (target !== undefined) this.#readEvent(target, eventFields ?? [], arrivedAtMs, samples);
        }
      }
    }
    if (isLast) this.#endCycle(group, samples);
    return samples;
  }

  /** Takes a value however it was got. */
  take(signal: TargetSignal, dataValue: DataValue, arrivedAtMs: number, into: Sample[]): void {
    const value = sampleValue(dataValue.value, signal.conversion);
    if (value === undefined && isThere(dataValue)) this.unreadable.add(signal.track.signal);
    const status = dataValue.statusCode.value;
    const { ledger, metrics } = this.#options;
    const sourceTimestampMs = timestampOf(dataValue) ?? arrivedAtMs;
    const overflowed = (status & OVERFLOW_BITS) === OVERFLOW_BITS;
    if (overflowed) metrics.overflows += 1;
    const quality = value === undefined ? 'bad' : qualityOf(status);
    const verdict = ledger.next(
      signal.track,
      { value, sourceTimestampMs, quality, overflowed },
      arrivedAtMs,
      into,
    );
    if (verdict === 'duplicate') metrics.duplicates += 1;
    else metrics.newestLagMs = arrivedAtMs - sourceTimestampMs;
  }

  #readItem(
    target: MonitoredTarget,
    index: number,
    dataValue: DataValue,
    arrivedAtMs: number,
    into: Sample[],
  ): void {
    if (target.longLength !== undefined) {
      this.#options.longChanged(target, timestampOf(dataValue) ?? arrivedAtMs);
      return;
    }
    const bursts = this.#bursts[index];
    for (let at = 0; at < target.signals.length; at += 1) {
      const burst = bursts?.[at];
      const signal = target.signals[at];
      if (burst === undefined || signal === undefined) continue;
      this.#count(burst, dataValue, arrivedAtMs);
      this.take(signal, dataValue, arrivedAtMs, into);
    }
  }

  #readEvent(
    { signals }: MonitoredTarget,
    fields: Parameters<typeof readEvent>[0],
    arrivedAtMs: number,
    into: Sample[],
  ): void {
    const { ledger, metrics } = this.#options;
    const { timeMs: sourceTimestampMs = arrivedAtMs, isOverflow, value: variant } = readEvent(fields);
    for (const { track, conversion } of signals) {
      if (isOverflow) {
        metrics.overflows += 1;
        ledger.lostOf(track, 'queue-overflow');
        continue;
      }
      const value = variant === undefined ? undefined : sampleValue(variant, conversion);
      if (value === undefined) {
        this.unreadable.add(track.signal);
        continue;
      }
      // Two events of one time and value are two events: only the sequence of notifications tells repetitions.
      ledger.nextEvent(
        track,
        { value, sourceTimestampMs, quality: 'good', overflowed: false },
        arrivedAtMs,
        into,
      );
    }
  }

  /** Notes how much of a signal comes at once: a queue that was full may have dropped values. */
  #count(burst: Burst, dataValue: DataValue, arrivedAtMs: number): void {
    const { track } = burst;
    if (burst.cycle !== this.#cycle) {
      burst.cycle = this.#cycle;
      burst.count = 0;
      burst.beforeMs = track.previousMs;
      burst.firstMs = timestampOf(dataValue) ?? arrivedAtMs;
      burst.firstOverflowed = (dataValue.statusCode.value & OVERFLOW_BITS) === OVERFLOW_BITS;
      this.#marksOverflows ||= burst.firstOverflowed;
    }
    burst.count += 1;
    if (burst.count === track.queueSize && track.queueSize > 1) this.#full.push(burst);
  }

  #endCycle(group: string, samples: readonly Sample[]): void {
    const { ledger } = this.#options;
    this.#cycle += 1;
    for (const burst of this.#full) {
      if (burst.firstOverflowed || this.#marksOverflows) continue;
      ledger.suspect(burst.track, 'queue-overflow', burst.beforeMs, burst.firstMs);
    }
    this.#full = [];
    let knownMs = Number.NEGATIVE_INFINITY;
    const { epoch } = ledger.clock;
    for (const sample of samples) {
      if ((sample.epoch ?? 0) === epoch && sample.sourceTimestampMs > knownMs)
        knownMs = sample.sourceTimestampMs;
    }
    if (knownMs > Number.NEGATIVE_INFINITY) ledger.known(group, knownMs);
  }
}

/** The sourceTimestamp with the fraction of a millisecond, or the server's where there is none. */
export function timestampOf(dataValue: DataValue): number | undefined {
  const { sourceTimestamp, serverTimestamp } = dataValue;
  if (sourceTimestamp !== null && sourceTimestamp !== undefined) {
    return sourceTimestamp.getTime() + dataValue.sourcePicoseconds / PICOSECONDS_A_MS;
  }
  return serverTimestamp?.getTime();
}

/** The two highest bits of a status code are its severity (OPC UA Part 4, 7.39.1). */
export function qualityOf(status: number): Quality {
  const severity = status >>> 30;
  return severity === 0 ? 'good' : severity === 1 ? 'uncertain' : 'bad';
}

function isThere({ value: { value } }: DataValue): boolean {
  return value !== null && value !== undefined;
}
