import { syncFolder } from '../../runtime/sync-file.ts';
import type { Gap, Sample } from '../connector.ts';
import { FrameEncoder } from './frame-encoder.ts';
import { SegmentWriter } from './segment-writer.ts';

interface SegmentLogOptions {
  readonly folder: string;
  /** Number of its first segment. */
  readonly first: number;
  /** Bytes after which a segment ends, asked at each write. */
  readonly segmentBytes: () => number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Is told when a segment has ended; whoever is told syncs and closes it. */
  ended(segment: SegmentWriter): void;
}

/** After it a segment ends, so that what is consumed can be deleted. */
const SEGMENT_AGE_MS = 60_000;
/** A slow machine would otherwise fill a folder with small files. */
const SMALL_SEGMENT_BYTES = 2 ** 20;
const SMALL_SEGMENT_AGE_MS = 3_600_000;

/** Deliveries in segment files, one after the other. */
export class SegmentLog {
  readonly #options: SegmentLogOptions;
  readonly #encoder = new FrameEncoder();
  #segment: SegmentWriter;
  /** The last segment whose name is safe from a power cut. */
  #namedSegment = 0;

  /** Begins a new segment. @throws CodedError `E_DISK_FULL` */
  constructor(options: SegmentLogOptions) {
    this.#options = options;
    this.#segment = new SegmentWriter(options.folder, options.first, options.clock());
  }

  /** Bytes of the segment that is being written. */
  get bytes(): number {
    return this.#segment.bytes;
  }

  /** Writes a delivery with one write, all of it or nothing. @throws CodedError `E_DISK_FULL`; RangeError for what is no sample */
  append(gaps: readonly Gap[], samples: readonly Sample[]): void {
    this.rollIfOver();
    const segment = this.#segment;
    const named = segment.signals.count;
    try {
      this.#encoder.begin();
      for (const gap of gaps) this.#encoder.addGap(gap);
      this.#encoder.addSamples(samples, segment.signals);
      const nowMs = this.#options.clock();
      segment.append(this.#encoder.finish(nowMs), nowMs);
    } catch (thrown) {
      segment.signals.truncate(named);
      throw thrown;
    }
  }

  /** Goes on to a new segment if the present one is long or old enough. @throws CodedError `E_DISK_FULL` */
  rollIfOver(): void {
    if (!this.#isOver()) return;
    const { folder, clock, ended } = this.#options;
    const next = new SegmentWriter(folder, this.#segment.number + 1, clock());
    ended(this.#segment);
    this.#segment = next;
  }

  /** Makes what was written to the present segment safe from a power cut. */
  async sync(): Promise<void> {
    const segment = this.#segment;
    if (!segment.isSynced) await segment.sync();
    if (segment.number !== this.#namedSegment) await syncFolder(this.#options.folder);
    this.#namedSegment = segment.number;
  }

  /** Ends the last segment. */
  end(): void {
    this.#options.ended(this.#segment);
  }

  #isOver(): boolean {
    const { bytes, createdMs, hasFrames, isBroken } = this.#segment;
    if (isBroken || bytes >= this.#options.segmentBytes()) return true;
    if (!hasFrames) return false;
    const ageMs = this.#options.clock() - createdMs;
    return ageMs >= (bytes < SMALL_SEGMENT_BYTES ? SMALL_SEGMENT_AGE_MS : SEGMENT_AGE_MS);
  }
}
