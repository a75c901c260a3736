import {
  type ClientSession,
  type DataValue,
  HistoryData,
  type HistoryReadResult,
  type NodeId,
  TimestampsToReturn,
} from 'node-opcua-client';
import { toCodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Gap, GapCause, Sample } from '../connector.ts';
import type { ClosedGap } from './gap-rows.ts';
import type { OneCall } from './one-call.ts';
import { qualityOf, timestampOf } from './read-notification.ts';
import { type Conversion, sampleValue, valueBytes } from './sample-value.ts';

const VALUES_A_PAGE = 10_000;
/** A gap that is longer than this stays one: it is held in memory until its other end is found. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Of a decoded value besides its payload. */
const VALUE_BYTES = 200;
const MOST_WAITING = 10_000;
/** After the end of a gap: a historian may be behind. */
const ATTEMPTS_AFTER_MS = [200, 2_000, 10_000];
const NOT_BACKFILLED: readonly GapCause[] = ['bad-quality', 'clock-step', 'store-full'];
const UNSUPPORTED = /Unsupported|NotSupported|NotImplemented|AccessDenied|NotReadable/;
const STALE_PERIODS = 1.5;

/** A signal whose node may have a history. */
export interface HistoricSignal {
  readonly nodeId: NodeId;
  readonly indexRange?: string;
  readonly conversion?: Conversion;
  readonly periodMs?: number;
}

interface BackfillOptions {
  /** Takes samples from inside a gap, then the gap as filled. */
  readonly fill: (samples: readonly Sample[], gap: Gap) => void;
  readonly log: Log;
}

interface Waiting extends ClosedGap {
  attempt: number;
  dueAtMs: number;
}

/**
 * Fills gaps from the history of the server, one at a time. A gap counts as filled only if the history has the values at
 * both of its ends, which shows that it records this signal as we see it; what it has inside is then everything.
 */
export class Backfill {
  readonly #options: BackfillOptions;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #reading = false;
  #server:
    | { session: ClientSession; signals: ReadonlyMap<string, HistoricSignal>; calls: OneCall }
    | undefined;
  /** Signals whose nodes have no history at this server. */
  readonly #without = new Set<string>();

  constructor(options: BackfillOptions) {
    this.#options = options;
  }

  /** Gaps that wait to be looked up. */
  get waiting(): number {
    return this.#waiting.length;
  }

  add(closed: readonly ClosedGap[]): void {
    // Every message leads here, most of them without a gap.
    if (closed.length === 0) return;
    const dueAtMs = performance.now() + (ATTEMPTS_AFTER_MS[0] ?? 0);
    const room = MOST_WAITING - this.#waiting.length;
    const added = closed
      .filter(({ gap }) => !NOT_BACKFILLED.includes(gap.cause) && !this.#without.has(gap.signal))
      .slice(0, room)
      .map((one) => ({ ...one, attempt: 0, dueAtMs }));
    // The order is that of the times: only later attempts come after these.
    const at = this.#waiting.findLastIndex((waiting) => waiting.dueAtMs <= dueAtMs) + 1;
    this.#waiting.splice(at, 0, ...added);
    this.#schedule();
  }

  /** From now on a server can be asked. */
  attach(session: ClientSession, signals: ReadonlyMap<string, HistoricSignal>, calls: OneCall): void {
    this.#server = { session, signals, calls };
    this.#without.clear();
    this.#schedule();
  }

  detach(): void {
    this.#server = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    const next = this.#waiting[0];
    if (this.#timer !== undefined || this.#reading || this.#server === undefined || next === undefined)
      return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.#next();
      },
      Math.max(0, next.dueAtMs - performance.now()),
    );
  }

  async #next(): Promise<void> {
    const server = this.#server;
    const one = this.#waiting.shift();
    if (server === undefined || one === undefined) return;
    const { signal } = one.gap;
    const historic = server.signals.get(signal);
    this.#reading = true;
    try {
      if (historic === undefined || this.#without.has(signal)) return;
      const samples = await this.#read(server.session, server.calls, historic, one);
      if (samples === 'unsupported') this.#without.add(signal);
      else if (samples === undefined) this.#again(one);
      else this.#options.fill(samples, { ...one.gap, filled: true });
    } catch (thrown) {
      const { message } = toCodedError(thrown);
      this.#options.log.debug({ event: 'opcua.history.failed', signal }, message);
      // A server without the service at all has no history of any signal.
      if (UNSUPPORTED.test(message)) for (const name of server.signals.keys()) this.#without.add(name);
      else this.#again(one);
    } finally {
      this.#reading = false;
      this.#schedule();
    }
  }

  #again(one: Waiting): void {
    const attempt = one.attempt + 1;
    const afterMs = ATTEMPTS_AFTER_MS[attempt];
    if (afterMs === undefined) return;
    this.#waiting.push({ ...one, attempt, dueAtMs: performance.now() + afterMs });
    this.#waiting.sort((a, b) => a.dueAtMs - b.dueAtMs);
  }

  /** The samples inside a gap; undefined if the history does not have all of it. */
  async #read(
    session: ClientSession,
    calls: OneCall,
    historic: HistoricSignal,
    { gap, beforeMs }: ClosedGap,
  ): Promise<Sample[] | undefined | 'unsupported'> {
    const values: DataValue[] = [];
    let continuationPoint: Buffer | undefined;
    for (let bytes = 0; bytes < MOST_BYTES; ) {
      const result: HistoryReadResult = await calls.run(() =>
        session.readHistoryValue(
          { ...historyNode(historic), ...(continuationPoint === undefined ? {} : { continuationPoint }) },
          new Date(Math.floor(beforeMs) - 1),
          new Date(Math.ceil(gap.toMs) + 1),
          {
            numValuesPerNode: VALUES_A_PAGE,
            returnBounds: false,
            timestampsToReturn: TimestampsToReturn.Both,
          },
        ),
      );
      if (UNSUPPORTED.test(result.statusCode.name)) return 'unsupported';
      if (result.statusCode.isBad() || !(result.historyData instanceof HistoryData)) return undefined;
      for (const dataValue of result.historyData.dataValues ?? []) {
        values.push(dataValue);
        bytes += VALUE_BYTES + valueBytes(dataValue.value.value);
      }
      continuationPoint = result.continuationPoint;
      if (continuationPoint === null || continuationPoint === undefined || continuationPoint.length === 0) {
        return complete(values, historic, gap, beforeMs);
      }
    }
    return undefined;
  }
}

function historyNode({ nodeId, indexRange }: HistoricSignal): { nodeId: NodeId } {
  return { nodeId, ...(indexRange === undefined ? {} : { indexRange }) };
}

function complete(
  values: readonly DataValue[],
  { conversion, periodMs }: HistoricSignal,
  gap: Gap,
  beforeMs: number,
): Sample[] | undefined {
  const { signal, fromMs, toMs, epoch } = gap;
  const samples: Sample[] = [];
  let hasBefore = false;
  let hasAfter = false;
  for (const dataValue of values) {
    const atMs = timestampOf(dataValue);
    if (atMs === undefined) return undefined;
    hasBefore ||= atMs === beforeMs;
    hasAfter ||= atMs === toMs;
    if (!(atMs > fromMs && atMs < toMs)) continue;
    const value = sampleValue(dataValue.value, conversion);
    const quality = qualityOf(dataValue.statusCode.value);
    if (value === undefined || quality !== 'good') return undefined;
    samples.push({
      signal,
      value,
      sourceTimestampMs: atMs,
      quality,
      ...(epoch === undefined ? {} : { epoch }),
    });
  }
  if (!hasBefore || !hasAfter) return undefined;
  samples.sort((a, b) => a.sourceTimestampMs - b.sourceTimestampMs);
  if (periodMs !== undefined) {
    const times = [fromMs, ...samples.map(({ sourceTimestampMs }) => sourceTimestampMs), toMs];
    const hasHole = times.some((atMs, index) => atMs - (times[index - 1] ?? atMs) > STALE_PERIODS * periodMs);
    if (hasHole) return undefined;
  }
  return samples;
}
