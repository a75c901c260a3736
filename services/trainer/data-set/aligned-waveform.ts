import { createHash } from 'node:crypto';
import {
  ALIGNED,
  type Alignment,
  alignSeries,
  pointTimeMs,
  type TimeGrid,
} from '../../../learning/features/align.ts';
import type { DataProfile } from '../../../openapi/schemas.ts';
import { canonicalJson } from '../../../runtime/canonical-json.ts';
import { type Channel, channelSeries } from './channel-series.ts';
import type { ExclusionCause } from './exclusion-cause.ts';
import type { BlockPlace, Journal } from './journal.ts';
import type { LabelFile } from './label-file.ts';
import type { SourceTime } from './source-time.ts';
import type { SourceBlock, WaveformSource } from './waveform-source.ts';

interface AlignedChannel extends Channel, Pick<Alignment, 'method' | 'maximumAgeMs'> {}

/** Points from one to another, the last not included. */
interface Points {
  readonly first: number;
  readonly end: number;
}

interface AlignedWaveformOptions {
  readonly journal: Journal;
  readonly profile: DataProfile;
  readonly labels: LabelFile | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

const BYTES_PER_SAMPLE = Float32Array.BYTES_PER_ELEMENT;
/** Most points that are looked at together; about a second of them otherwise. */
const MOST_POINTS = 4096;
const ALWAYS = Number.POSITIVE_INFINITY;

/**
 * All channels of a profile on one grid (learning/features/align.ts), computed from the journal when it is asked. A
 * block is a stretch of points with one context; points that a channel has no good value for are blocks of their own,
 * which are excluded with the cause. The byte offset of a point is that of its number on the grid.
 */
export class AlignedWaveform implements WaveformSource {
  readonly name: string;
  readonly signals: readonly string[];
  readonly isAsArrived = false;
  readonly #journal: Journal;
  readonly #labels: LabelFile | undefined;
  readonly #clock: () => number;
  readonly #channels: readonly AlignedChannel[];
  readonly #rateHz: number;
  /** Points of a chunk; it begins at a multiple of them. */
  readonly #chunkPoints: number;
  /** Signals whose values hold for a whole block. */
  readonly #context: readonly string[];
  /** When a chunk's last point was first behind the newest value, by its first point. */
  readonly #seenMs = new Map<number, number>();

  constructor({ journal, profile, labels, clock }: AlignedWaveformOptions) {
    const { alignment, sampleRateHz, signals } = profile;
    if (alignment === undefined || sampleRateHz === undefined) {
      throw new RangeError('a profile with an alignment has a sampling rate; profileFeatures checks it');
    }
    const { method, maximumAgeMs, sourceRateHz, bySignal = {} } = alignment;
    this.#journal = journal;
    this.#labels = labels;
    this.#clock = clock;
    this.#rateHz = sampleRateHz;
    this.#chunkPoints = Math.min(MOST_POINTS, Math.ceil(sampleRateHz));
    this.#channels = [signals.waveform, ...(signals.channels ?? [])].map((signal) => ({
      signal,
      sourceRateHz,
      method,
      maximumAgeMs,
      ...bySignal[signal],
    }));
    const { label, lot, segment, product } = signals;
    this.#context = [label, lot, segment, product].filter((name) => name !== undefined);
    this.signals = this.#channels.map(({ signal }) => signal);
    const key = canonicalJson([this.#channels.map((channel) => ({ ...channel })), sampleRateHz]);
    this.name = `aligned-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
  }

  blocksAfter(place: BlockPlace, limit: number, isFinal: boolean): readonly SourceBlock[] {
    const blocks: SourceBlock[] = [];
    const newestEpoch = Math.max(
      0,
      ...this.signals.map((signal) => this.#journal.latestTime(signal)?.epoch ?? 0),
    );
    for (let epoch = place.epoch; epoch <= newestEpoch && blocks.length < limit; epoch += 1) {
      const points = this.#pointsOf(epoch, isFinal || epoch < newestEpoch);
      if (points === undefined) continue;
      const isHere = place.epoch === epoch && place.timestampMs !== Number.NEGATIVE_INFINITY;
      const first = isHere ? Math.max(points.first, this.#pointAt(place.timestampMs)) : points.first;
      this.#forgetBefore(first);
      for (let begin = first - (first % this.#chunkPoints); begin < points.end; begin += this.#chunkPoints) {
        if (blocks.length >= limit) break;
        const chunk = {
          first: Math.max(begin, points.first),
          end: Math.min(begin + this.#chunkPoints, points.end),
        };
        const isNew = ({ timestampMs }: SourceBlock) => !isHere || timestampMs > place.timestampMs;
        blocks.push(...this.#blocksOf(epoch, chunk, this.#seenSince(begin)).filter(isNew));
      }
    }
    return blocks;
  }

  timeMsAt(offset: number): number {
    return this.#timeMs(offset / BYTES_PER_SAMPLE);
  }

  read({ offset, epoch }: { offset: number; epoch: number }, into: readonly Float32Array[]): void {
    const first = offset / BYTES_PER_SAMPLE;
    for (const [index, channel] of this.#channels.entries()) {
      const values = into[index];
      if (values !== undefined) this.#align(channel, epoch, first, values, new Uint8Array(values.length));
    }
  }

  /** The points of an epoch from where every channel has begun, in whole chunks unless it has ended. */
  #pointsOf(epoch: number, hasEnded: boolean): Points | undefined {
    let beginMs = Number.NEGATIVE_INFINITY;
    let endMs = Number.NEGATIVE_INFINITY;
    for (const channel of this.#channels) {
      const times = this.#timesOf(channel, epoch);
      if (times === undefined) return undefined;
      beginMs = Math.max(beginMs, times.firstMs);
      endMs = Math.max(endMs, times.lastMs);
    }
    const first = this.#pointAfter(beginMs);
    const end = this.#pointAt(endMs) + 1;
    return { first, end: hasEnded ? end : end - (end % this.#chunkPoints) };
  }

  #timesOf({ signal, sourceRateHz }: Channel, epoch: number) {
    const before = { epoch, timestampMs: Number.NEGATIVE_INFINITY };
    const after = { epoch, timestampMs: ALWAYS };
    const journal = this.#journal;
    const first =
      sourceRateHz === undefined
        ? journal.contextAfter(signal, before, 1)[0]
        : journal.blocksAfter(signal, { ...before, position: 0 }, 1)[0];
    if (first?.epoch !== epoch) return undefined;
    if (sourceRateHz === undefined) {
      return { firstMs: first.timestampMs, lastMs: journal.contextAt(signal, after)?.timestampMs ?? 0 };
    }
    const last = journal.blockAtOrBefore(signal, after);
    const lastMs = last === undefined ? 0 : last.timestampMs + ((last.length - 1) * 1000) / sourceRateHz;
    return { firstMs: first.timestampMs, lastMs };
  }

  #blocksOf(epoch: number, chunk: Points, arrivedMs: number): SourceBlock[] {
    const count = chunk.end - chunk.first;
    const { causes, dependsMs } = this.#causes(epoch, chunk);
    const begins = this.#contextChanges(epoch, chunk);
    const until = { epoch, timestampMs: this.#timeMs(chunk.end - 1) };
    const dependsUntil = { epoch, timestampMs: Math.max(dependsMs, until.timestampMs) };
    const blocks: SourceBlock[] = [];
    let begin = 0;
    for (let index = 1; index <= count; index += 1) {
      if (index < count && causes[index] === causes[begin] && !begins.has(chunk.first + index)) continue;
      const point = chunk.first + begin;
      const excluded = causes[begin];
      blocks.push({
        epoch,
        timestampMs: this.#timeMs(point),
        position: 0,
        offset: point * BYTES_PER_SAMPLE,
        length: index - begin,
        good: true,
        arrivedMs,
        until,
        dependsUntil,
        ...(excluded !== undefined && { excluded }),
      });
      begin = index;
    }
    return blocks;
  }

  /** Why each point of a chunk is no data, undefined for those that are; and when the last value is that one depends on. */
  #causes(epoch: number, { first, end }: Points) {
    const values = new Float32Array(end - first);
    const mask = new Uint8Array(end - first);
    const causes = new Array<ExclusionCause | undefined>(end - first).fill(undefined);
    let dependsMs = Number.NEGATIVE_INFINITY;
    for (const channel of this.#channels) {
      const lastMs = this.#align(channel, epoch, first, values, mask);
      // Between two values there may still come one.
      if (channel.method === 'linear') dependsMs = Math.max(dependsMs, lastMs);
      for (const [index, state] of mask.entries()) {
        if (state !== ALIGNED.good) causes[index] ??= this.#causeOf(channel, epoch, first + index, state);
      }
    }
    return { causes, dependsMs };
  }

  #causeOf(channel: AlignedChannel, epoch: number, point: number, state: number): ExclusionCause {
    if (state === ALIGNED.bad) return 'bad-quality';
    if (state !== ALIGNED.broken) return 'no-value';
    const timeMs = this.#timeMs(point);
    const reachMs = Math.max(channel.maximumAgeMs, 1000 / this.#rateHz);
    const near = (timestampMs: number): SourceTime => ({ epoch, timestampMs });
    const gaps = this.#journal.gapsOf(channel.signal);
    return gaps.between(near(timeMs - reachMs), near(timeMs + reachMs))?.cause ?? 'gap';
  }

  /** The first points at which a context signal has a new value. */
  #contextChanges(epoch: number, { first, end }: Points): ReadonlySet<number> {
    const fromMs = this.#timeMs(first);
    const toMs = this.#timeMs(end - 1);
    const changes = new Set<number>();
    for (const signal of this.#context) {
      let time: SourceTime = { epoch, timestampMs: fromMs };
      for (;;) {
        const [value] = this.#journal.contextAfter(signal, time, 1);
        if (value === undefined || value.epoch !== epoch || value.timestampMs > toMs) break;
        changes.add(this.#pointAfter(value.timestampMs));
        time = value;
      }
    }
    for (const timeMs of this.#labels?.changesBetween(fromMs, toMs) ?? [])
      changes.add(this.#pointAfter(timeMs));
    return changes;
  }

  /** @returns the time of the last value that was looked at */
  #align(
    channel: AlignedChannel,
    epoch: number,
    first: number,
    values: Float32Array,
    mask: Uint8Array,
  ): number {
    const grid: TimeGrid = { first, rateHz: this.#rateHz };
    const interval = {
      epoch,
      fromMs: pointTimeMs(grid, -1),
      toMs: pointTimeMs(grid, values.length - 1),
    };
    const gaps = this.#journal.gapsOf(channel.signal);
    const time = (timestampMs: number): SourceTime => ({ epoch, timestampMs });
    const isBroken = (fromMs: number, toMs: number) => gaps.between(time(fromMs), time(toMs)) !== undefined;
    const { method, maximumAgeMs } = channel;
    const series = channelSeries(this.#journal, channel, interval);
    alignSeries(series, grid, { method, maximumAgeMs, isBroken }, values, mask);
    const { timesMs } = series;
    return timesMs[timesMs.length - 1] ?? Number.NEGATIVE_INFINITY;
  }

  #seenSince(chunk: number): number {
    const known = this.#seenMs.get(chunk);
    if (known !== undefined) return known;
    const now = this.#clock();
    this.#seenMs.set(chunk, now);
    return now;
  }

  #forgetBefore(point: number): void {
    for (const chunk of this.#seenMs.keys()) {
      if (chunk + this.#chunkPoints <= point) this.#seenMs.delete(chunk);
    }
  }

  #timeMs(point: number): number {
    return pointTimeMs({ first: point, rateHz: this.#rateHz }, 0);
  }

  /** The last point at a time or before it. */
  #pointAt(timeMs: number): number {
    const near = Math.round((timeMs * this.#rateHz) / 1000);
    return this.#timeMs(near) > timeMs ? near - 1 : near;
  }

  /** The first point at a time or after it. */
  #pointAfter(timeMs: number): number {
    const point = this.#pointAt(timeMs);
    return this.#timeMs(point) < timeMs ? point + 1 : point;
  }
}
