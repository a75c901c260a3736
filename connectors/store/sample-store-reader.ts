import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../../runtime/log.ts';
import { makeFolder } from '../../runtime/make-folder.ts';
import { readCursor, touchCursor, writeCursor } from './cursor.ts';
import { damagedRows } from './damaged-rows.ts';
import { FolderChanges } from './folder-changes.ts';
import { droppedPath, listSegments, segmentPath } from './segment-files.ts';
import { type SegmentFrame, SegmentReader } from './segment-reader.ts';
import type { StoreBatch, StorePosition } from './store-batch.ts';

/** Where to begin to read a store. */
export interface SampleStoreReaderOptions {
  /**
   * What the consumer has stored, by its own account: exactly once if it keeps the position in the transaction of the
   * samples. By default the position that was committed last; without one the oldest segment.
   */
  readonly from?: StorePosition;
  readonly log: Log;
}

/** Samples, or bytes, after which no further delivery is added to a batch. */
const BATCH_SAMPLES = 8_192;
const BATCH_BYTES = 2 ** 22;
/** What a missed notification of the file system costs at most. */
const POLL_MS = 250;
const TOUCH_MS = 1_000;
/** How long a segment that is being dropped is waited for: the writer may find that we were first, and leave it to us. */
const DROPPING_MS = 2_000;
const DROPPING_POLL_MS = 10;

/** The one consumer of a store, in any process: it follows what a `SampleStoreWriter` writes, from segment to segment. */
export class SampleStoreReader {
  readonly #folder: string;
  readonly #log: Log;
  readonly #changes: FolderChanges;
  /** Not `from`: that may not yet be safe from a power cut. */
  #committed: StorePosition;
  readonly #from: StorePosition;
  #segment: { readonly number: number; readonly reader: SegmentReader } | undefined;
  /** The last segment that was gone to; one that was dropped before it could be opened is passed by. */
  #entered: number;
  /** The segment after the one that is read, from when it was seen: from then on the one that is read does not grow. */
  #next: number | undefined;
  #touching: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Opens the store of a folder, which need not hold anything yet. @throws CodedError `E_FOLDER_UNUSABLE` */
  static async open(folder: string, options: SampleStoreReaderOptions): Promise<SampleStoreReader> {
    makeFolder(folder);
    const committed = (await readCursor(folder))?.committed ?? { segment: 0, offset: 0 };
    return new SampleStoreReader(folder, options, committed);
  }

  private constructor(folder: string, options: SampleStoreReaderOptions, committed: StorePosition) {
    this.#folder = folder;
    this.#log = options.log;
    this.#committed = committed;
    this.#from = options.from ?? committed;
    this.#entered = this.#from.segment - 1;
    this.#changes = new FolderChanges(folder, POLL_MS);
  }

  /** Everything from the position on, then what comes, without end until `close`. To be called once. */
  async *batches(): AsyncGenerator<StoreBatch, void, undefined> {
    try {
      while (!this.#isClosed) {
        const batch = await this.#nextBatch();
        if (batch !== undefined) yield batch;
        else if (this.#next === undefined) await this.#look();
        else {
          const damage = await this.#damage();
          if (damage !== undefined) yield damage;
          await this.#enter(this.#next);
        }
      }
    } finally {
      await this.#segment?.reader.close();
      this.#segment = undefined;
    }
  }

  /**
   * Says that everything before a position is stored elsewhere, safe from a power cut: the writer may delete it. After
   * a power cut an earlier position may be what counts.
   */
  async commit(position: StorePosition): Promise<void> {
    this.#committed = position;
    await this.#writeCursor();
  }

  /** Ends `batches`, at once if it waits. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#touching);
    this.#changes.close();
    await this.#writing;
  }

  async #nextBatch(): Promise<StoreBatch | undefined> {
    if (this.#segment === undefined) return undefined;
    const { number, reader } = this.#segment;
    const skipped = number === this.#from.segment ? this.#from.offset : 0;
    const frames: SegmentFrame[] = [];
    let samples = 0;
    for (let begin = reader.offset; samples < BATCH_SAMPLES && reader.offset - begin < BATCH_BYTES; ) {
      const frame = await reader.next();
      if (frame === undefined) break;
      if (frame.end <= skipped) {
        begin = frame.end;
        continue;
      }
      frames.push(frame);
      samples += frame.samples.length;
    }
    const last = frames.at(-1);
    if (last === undefined) return undefined;
    // Whoever took us for dead has dropped the segment and noted its samples as lost: lost they must stay.
    if (!existsSync(segmentPath(this.#folder, number))) return undefined;
    return {
      samples: frames.length === 1 ? last.samples : frames.flatMap((frame) => frame.samples),
      gaps: frames.length === 1 ? last.gaps : frames.flatMap((frame) => frame.gaps),
      writtenMs: last.writtenMs,
      end: { segment: number, offset: last.end },
    };
  }

  /** Looks for the next segment, else waits for a change. */
  async #look(): Promise<void> {
    // Something may have been written between our last look at the segment and its end: it is looked at once more.
    this.#next = (await listSegments(this.#folder)).find((number) => number > this.#entered);
    if (this.#next === undefined) await this.#changes.next();
  }

  /** What stands unreadable at the end of the segment, which nothing follows any more, as rows of the ledger. */
  async #damage(): Promise<StoreBatch | undefined> {
    if (this.#segment === undefined) return undefined;
    const { number, reader } = this.#segment;
    const size = await reader.size();
    if (size === reader.offset || !existsSync(segmentPath(this.#folder, number))) return undefined;
    const event = { event: 'store.damaged', folder: this.#folder, segment: number };
    this.#log.error({ ...event, leftBytes: size - reader.offset }, 'the rest of a segment cannot be read');
    const gaps = await damagedRows(this.#folder, number);
    return { samples: [], gaps, writtenMs: Date.now(), end: { segment: number, offset: size } };
  }

  async #enter(number: number): Promise<void> {
    this.#next = undefined;
    this.#entered = number;
    await this.#segment?.reader.close();
    this.#segment = undefined;
    await this.#writeCursor(number);
    const endMs = Date.now() + DROPPING_MS;
    let reader = await SegmentReader.open(segmentPath(this.#folder, number));
    while (reader === undefined && existsSync(droppedPath(this.#folder, number)) && Date.now() < endMs) {
      await delay(DROPPING_POLL_MS);
      reader = await SegmentReader.open(segmentPath(this.#folder, number));
    }
    if (reader !== undefined) this.#segment = { number, reader };
  }

  async #writeCursor(reading = this.#segment?.number ?? this.#committed.segment): Promise<void> {
    this.#writing = this.#writing
      .catch(() => undefined)
      .then(() => writeCursor(this.#folder, { committed: this.#committed, reading }));
    this.#touching ??= setInterval(() => this.#touch(), TOUCH_MS).unref();
    await this.#writing;
  }

  #touch(): void {
    touchCursor(this.#folder).catch((thrown: unknown) => {
      this.#log.warn({ event: 'store.cursor', folder: this.#folder }, String(thrown));
    });
  }
}
