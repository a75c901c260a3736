import { randomBytes } from 'node:crypto';
import type { Gap, GapCause, ResumePoint, Sample } from '../connector.ts';
import { SourceClock } from './source-clock.ts';
import { type Arrival, type OpenGap, Track, type TrackPlan } from './track.ts';

/** Periods without a value from which on a periodic signal lacks some. */
const STALE_PERIODS = 1.5;

/** A row that will not grow any more. */
export interface ClosedGap {
  readonly gap: Gap;
  /** The last value of the signal that is known from before it. */
  readonly beforeMs: number;
}

/** What became of a value. */
export type Verdict = 'deliver' | 'duplicate' | 'hold';

interface LedgerOptions {
  readonly signals: readonly TrackPlan[];
  /** Publishing interval of each group in milliseconds: what of one signal is known at a time may lag by as much. */
  readonly publishingIntervalsMs: ReadonlyMap<string, number>;
  /** What an earlier life delivered. */
  readonly resume?: ReadonlyMap<string, ResumePoint>;
}

/**
 * Knows for each signal where values are missing or may be, in source time. One ledger serves one machine for the whole
 * life of its connector, whatever becomes of connections.
 */
export class GapLedger {
  readonly #life = randomBytes(6).toString('hex');
  readonly #tracks: ReadonlyMap<string, Track>;
  readonly #lags: ReadonlyMap<string, number>;
  /** Until when all signals of a group are known. */
  readonly #known = new Map<string, { epoch: number; atMs: number }>();
  readonly clock: SourceClock;
  /** The server's clock was set while we could not look: an older value may be the newest. */
  serverStepped = false;
  #serverOffsetMs: number | undefined;
  #rows: Gap[] = [];
  #closed: ClosedGap[] = [];
  readonly #grown = new Set<Track>();
  #made = 0;

  constructor({ signals, publishingIntervalsMs, resume = new Map() }: LedgerOptions) {
    this.#tracks = new Map(signals.map((plan) => [plan.signal, new Track(plan)]));
    this.#lags = publishingIntervalsMs;
    this.clock = new SourceClock(Math.max(0, ...[...resume.values()].map(({ epoch }) => epoch)));
    for (const [signal, { epoch, sourceTimestampMs }] of resume) {
      const track = this.#tracks.get(signal);
      if (track === undefined) continue;
      track.epoch = epoch;
      track.newestMs = sourceTimestampMs;
      track.newestGoodMs = sourceTimestampMs;
      track.previousMs = sourceTimestampMs;
      this.known(track.plan.group, sourceTimestampMs, epoch);
    }
    this.interrupted('client-down');
  }

  /** The server's clock less ours; undefined until measured. */
  get serverOffsetMs(): number | undefined {
    return this.#serverOffsetMs;
  }

  set serverOffsetMs(offsetMs: number) {
    this.#serverOffsetMs = offsetMs;
    this.clock.serverOffsetMs = offsetMs;
  }

  /** @throws RangeError for a signal that was not planned. */
  track(signal: string): Track {
    const track = this.#tracks.get(signal);
    if (track === undefined) throw new RangeError(`no signal ${signal}`);
    return track;
  }

  get tracks(): Iterable<Track> {
    return this.#tracks.values();
  }

  /** Notes that whatever the signals of a group had up to this time has arrived. */
  known(group: string, atMs: number, epoch = this.clock.epoch): void {
    const known = this.#known.get(group);
    if (known === undefined || epoch > known.epoch || (epoch === known.epoch && atMs > known.atMs)) {
      this.#known.set(group, { epoch, atMs });
    }
  }

  /** Notes that the signals of a group, or all, may have lost values since, and get a new subscription. */
  interrupted(cause: GapCause, group?: string): void {
    for (const track of this.#tracks.values()) {
      if (group !== undefined && track.plan.group !== group) continue;
      track.isInitial = true;
      this.#open(track, cause);
    }
  }

  /** Notes that notifications of a group are missing, while its subscription goes on. */
  lost(cause: GapCause, group: string): void {
    for (const track of this.#tracks.values()) {
      if (track.plan.group === group) this.#open(track, cause);
    }
  }

  /** Notes that values of one signal are missing from its newest one on. */
  lostOf(track: Track, cause: GapCause): void {
    if (!Number.isNaN(track.newestGoodMs)) {
      track.open ??= { cause, fromMs: track.newestGoodMs, lastMs: track.newestGoodMs };
    }
  }

  /** Notes that from a time on nothing of a signal is missing any more. */
  ended(track: Track, atMs: number): void {
    const { open } = track;
    if (open === undefined || open.cause === 'bad-quality') return;
    track.open = undefined;
    if (atMs > open.fromMs) this.#close(track, open, atMs);
  }

  /** Notes that values of one signal between two times may be missing. */
  suspect(track: Track, cause: GapCause, fromMs: number, toMs: number): void {
    if (toMs > fromMs) this.#close(track, { cause, fromMs, lastMs: fromMs }, toMs, fromMs);
  }

  /**
   * Takes the next value of a signal.
   * @param into gets what is to be delivered, a value that was held back included.
   */
  next(track: Track, arrival: Arrival, arrivedAtMs: number, into: Sample[]): Verdict {
    const { sourceTimestampMs: atMs, quality, value } = arrival;
    if (atMs === track.newestMs && !arrival.overflowed && isSame(track, arrival)) {
      track.isInitial = false;
      track.arrivedAtMs = arrivedAtMs;
      // The very value that was known before an interruption is still the current one: nothing came in between.
      if (track.open !== undefined && track.open.id === undefined && quality === 'good')
        track.open = undefined;
      return 'duplicate';
    }
    let { epoch } = track;
    if (track.isInitial) {
      track.isInitial = false;
      if (atMs < track.newestMs && this.clock.isLive(atMs, arrivedAtMs)) {
        if (!this.serverStepped) {
          track.held = arrival;
          return 'hold';
        }
        epoch = this.clock.step(track, atMs, arrivedAtMs);
      }
    } else {
      epoch = this.clock.epochOf(track, atMs, arrivedAtMs);
    }
    const { held } = track;
    if (held !== undefined) {
      track.held = undefined;
      if (epoch !== track.epoch) {
        this.#step(track, epoch, held.sourceTimestampMs, arrivedAtMs);
        this.#account(track, held, arrivedAtMs);
        push(track, held, into);
      }
    }
    if (epoch !== track.epoch) this.#step(track, epoch, atMs, arrivedAtMs);
    this.#account(track, arrival, arrivedAtMs);
    if (value !== undefined) push(track, arrival, into);
    return 'deliver';
  }

  /** Takes the next event of a signal: none is a repetition of another, and none is the current one. */
  nextEvent(track: Track, arrival: Arrival, arrivedAtMs: number, into: Sample[]): void {
    const epoch = this.clock.epochOf(
      { epoch: track.epoch, newestMs: Number.NaN },
      arrival.sourceTimestampMs,
      arrivedAtMs,
    );
    track.isInitial = false;
    if (epoch !== track.epoch) this.#step(track, epoch, arrival.sourceTimestampMs, arrivedAtMs);
    this.#account(track, arrival, arrivedAtMs);
    push(track, arrival, into);
  }

  /** Notes that good values have been valid for longer than they hold; to be called about every second. */
  age(arrivedAtMs: number): void {
    for (const track of this.#tracks.values()) {
      const { maxAgeMs } = track.plan;
      const nowMs = this.clock.nowMs(track.epoch, arrivedAtMs);
      if (maxAgeMs === undefined || nowMs === undefined || Number.isNaN(track.newestGoodMs)) continue;
      const endMs = track.newestGoodMs + maxAgeMs;
      if (nowMs <= endMs) continue;
      track.open ??= { cause: 'stale', fromMs: endMs, lastMs: endMs };
      if (track.open.cause !== 'stale') continue;
      track.open.lastMs = Math.max(track.open.lastMs, nowMs);
      this.#grown.add(track);
    }
  }

  /** Rows that are new or have grown since the last call. */
  takeRows(): Gap[] {
    for (const track of this.#grown) {
      if (track.open !== undefined) this.#emit(track, track.open, track.open.lastMs);
    }
    this.#grown.clear();
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  /** Rows that have ended since the last call. */
  takeClosed(): ClosedGap[] {
    const closed = this.#closed;
    this.#closed = [];
    return closed;
  }

  #open(track: Track, cause: GapCause): void {
    if (Number.isNaN(track.newestGoodMs)) return;
    const fromMs = this.#knownUntil(track);
    track.open ??= { cause, fromMs, lastMs: fromMs };
  }

  #account(track: Track, arrival: Arrival, arrivedAtMs: number): void {
    const { sourceTimestampMs: atMs, quality, overflowed } = arrival;
    const beforeMs = track.previousMs < atMs ? track.previousMs : atMs;
    track.previousMs = atMs;
    track.arrivedAtMs = arrivedAtMs;
    track.count += 1;
    if (!(atMs < track.newestMs)) {
      track.newestMs = atMs;
      track.newestValue = arrival.value;
      track.newestQuality = quality;
    }
    if (quality !== 'good') this.#accountBad(track, atMs, beforeMs, overflowed);
    else this.#accountGood(track, atMs, beforeMs, overflowed);
  }

  #accountBad(track: Track, atMs: number, beforeMs: number, overflowed: boolean): void {
    // A signal that never had a value has none to miss.
    if (Number.isNaN(track.newestGoodMs) && !overflowed) return;
    track.open ??= {
      cause: overflowed ? 'queue-overflow' : 'bad-quality',
      fromMs: beforeMs,
      lastMs: atMs,
    };
    track.open.lastMs = Math.max(track.open.lastMs, atMs);
    this.#grown.add(track);
  }

  #accountGood(track: Track, atMs: number, beforeMs: number, overflowed: boolean): void {
    const { open, newestGoodMs } = track;
    const isOlder = atMs < newestGoodMs;
    if (!isOlder) track.newestGoodMs = atMs;
    // An older value is one sent again, or what a restarted server shows first: it ends nothing.
    if (open !== undefined && !isOlder) {
      track.open = undefined;
      this.#grown.delete(track);
      if (overflowed && open.id === undefined) {
        const fromMs = Math.min(open.fromMs, beforeMs);
        this.#close(track, { cause: 'queue-overflow', fromMs, lastMs: fromMs }, atMs, newestGoodMs);
        return;
      }
      if (atMs === newestGoodMs && open.id === undefined) return;
      const fromMs = open.fromMs < atMs ? open.fromMs : newestGoodMs;
      if (atMs > fromMs) this.#close(track, { ...open, fromMs }, atMs, newestGoodMs);
      return;
    }
    if (overflowed) {
      if (atMs > beforeMs) this.suspect(track, 'queue-overflow', beforeMs, atMs);
      return;
    }
    const { periodMs } = track.plan;
    if (periodMs !== undefined && atMs - newestGoodMs > STALE_PERIODS * periodMs) {
      this.suspect(track, track.samplingMs > periodMs ? 'sampling' : 'stale', newestGoodMs, atMs);
    }
  }

  /** Ends an epoch of a signal. What is open in it may have gone on until the clock was set. */
  #step(track: Track, epoch: number, atMs: number, arrivedAtMs: number): void {
    const elapsedMs = Math.max(0, arrivedAtMs - track.arrivedAtMs);
    const hadValues = !Number.isNaN(track.newestMs);
    if (track.open !== undefined) {
      const { open } = track;
      track.open = undefined;
      this.#grown.delete(track);
      this.#close(
        track,
        open,
        Math.max(open.lastMs, track.newestMs + (track.arrivedAtMs > 0 ? elapsedMs : 0)),
      );
    }
    track.epoch = epoch;
    track.newestMs = Number.NaN;
    track.newestGoodMs = Number.NaN;
    track.previousMs = Number.NaN;
    if (!hadValues) return;
    const fromMs = atMs - (track.arrivedAtMs > 0 ? elapsedMs : 0);
    this.#close(track, { cause: 'clock-step', fromMs, lastMs: fromMs }, atMs);
  }

  #knownUntil({ plan, newestGoodMs, epoch, samplingMs }: Track): number {
    const known = this.#known.get(plan.group);
    if (plan.periodMs !== undefined || known === undefined || known.epoch !== epoch) return newestGoodMs;
    const lagMs = samplingMs + (this.#lags.get(plan.group) ?? 0);
    return Math.max(newestGoodMs, known.atMs - lagMs);
  }

  /** @param beforeMs the last value before; undefined where a step of the clock makes times ambiguous. */
  #close(track: Track, open: OpenGap, toMs: number, beforeMs?: number): void {
    const gap = this.#emit(track, open, toMs);
    if (beforeMs !== undefined) this.#closed.push({ gap, beforeMs });
  }

  #emit({ signal, epoch }: Track, open: OpenGap, toMs: number): Gap {
    open.id ??= this.#nextId();
    const { id, fromMs, cause } = open;
    const gap = { id, signal, fromMs, toMs, cause, filled: false, ...(epoch > 0 ? { epoch } : {}) };
    this.#rows.push(gap);
    return gap;
  }

  #nextId(): string {
    this.#made += 1;
    return `${this.#life}.${this.#made}`;
  }
}

function push(
  { signal, epoch }: Track,
  { value, sourceTimestampMs, quality }: Arrival,
  into: Sample[],
): void {
  if (value === undefined) return;
  into.push(
    epoch === 0
      ? { signal, value, sourceTimestampMs, quality }
      : { signal, value, sourceTimestampMs, quality, epoch },
  );
}

/** Whether a value of the newest timestamp is the newest one again. Of an earlier life only the timestamp is known. */
function isSame({ newestValue, newestQuality }: Track, { value, quality }: Arrival): boolean {
  if (newestQuality === undefined) return true;
  if (newestQuality !== quality) return false;
  if (Object.is(newestValue, value)) return true;
  if (!ArrayBuffer.isView(newestValue) || !ArrayBuffer.isView(value)) return false;
  return Buffer.from(newestValue.buffer, newestValue.byteOffset, newestValue.byteLength).equals(
    Buffer.from(value.buffer, value.byteOffset, value.byteLength),
  );
}
