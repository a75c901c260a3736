import { rename, stat, unlink } from 'node:fs/promises';
import type { Gap } from '../connector.ts';
import { isReaderAlive, readCursor } from './cursor.ts';
import { lostIntervals } from './lost-intervals.ts';
import { droppedPath, listDropped, segmentPath } from './segment-files.ts';
import { StoreFullRows } from './store-full-rows.ts';

interface RetentionOptions {
  readonly folder: string;
  /** Asked at each look. */
  readonly limits: () => { readonly limitBytes: number; readonly maxAgeMs: number };
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Notes rows of the ledger; they must be safe from a power cut when it ends. */
  record(rows: readonly Gap[]): Promise<void>;
  /** Whether all of a segment is in the index. */
  isIndexed(segment: number): boolean;
  /** Makes the index safe from a power cut. */
  syncIndex(): Promise<void>;
}

interface EndedSegment {
  readonly number: number;
  readonly bytes: number;
  readonly writtenMs: number;
}

interface DroppedSegment {
  readonly number: number;
  /** What is before it was consumed when the dropping began. */
  readonly fromOffset: number;
}

/** Deletes ended segments: those that are consumed, and beyond the limits the oldest others, whose samples go on the ledger. */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #rows = new StoreFullRows();
  #segments: EndedSegment[] = [];
  #bytes = 0;
  #lastDropped = 0;
  /** Segments whose dropping has begun: nobody reads them any more. */
  #dropping: DroppedSegment[] = [];

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Bytes of all ended segments. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes over what earlier lives left. */
  async open(numbers: readonly number[]): Promise<void> {
    const { folder } = this.#options;
    for (const number of numbers) {
      const { size, mtimeMs } = await stat(segmentPath(folder, number));
      this.#segments.push({ number, bytes: size, writtenMs: mtimeMs });
      this.#bytes += size;
    }
    const committed = (await readCursor(folder))?.committed;
    for (const number of await listDropped(folder)) {
      this.#dropping.push({ number, fromOffset: committed?.segment === number ? committed.offset : 0 });
    }
  }

  /** Adds a segment that has ended. @param writtenMs when something was written to it last. */
  add(number: number, bytes: number, writtenMs: number): void {
    this.#segments.push({ number, bytes, writtenMs });
    this.#bytes += bytes;
  }

  /** @param currentBytes of the segment that is being written. */
  async keep(currentBytes: number): Promise<void> {
    await this.#deleteConsumed();
    await this.#finishDropping();
    for (const segment of [...this.#segments]) {
      if (!this.#isBeyondLimits(segment, currentBytes)) break;
      if (await this.#claim(segment.number)) await this.#finishDropping();
    }
  }

  #isBeyondLimits({ writtenMs }: EndedSegment, currentBytes: number): boolean {
    const { limits, clock } = this.#options;
    const { limitBytes, maxAgeMs } = limits();
    return this.#bytes + currentBytes > limitBytes || clock() - writtenMs > maxAgeMs;
  }

  async #deleteConsumed(): Promise<void> {
    const { folder, isIndexed, syncIndex } = this.#options;
    const cursor = await readCursor(folder);
    const consumed = this.#segments.filter(
      ({ number }) => number < (cursor?.committed.segment ?? 0) && isIndexed(number),
    );
    if (consumed.length === 0) return;
    // What is known of a segment must not be lost after it.
    await syncIndex();
    for (const { number } of consumed) {
      await removed(unlink(segmentPath(folder, number)));
      this.#forget(number);
    }
  }

  /** Takes a segment from readers, unless one is at it. */
  async #claim(number: number): Promise<boolean> {
    const { folder, isIndexed } = this.#options;
    // Read before: from when the segment is out of the way a reader passes it by, which does not mean that it has it.
    const committed = (await readCursor(folder))?.committed;
    if (committed !== undefined && committed.segment > number) return false;
    if (!isIndexed(number) || (await this.#isBeingRead(number))) return false;
    await rename(segmentPath(folder, number), droppedPath(folder, number));
    // A reader first says what it reads and then opens it: one of the two sees the other.
    if (await this.#isBeingRead(number)) {
      await rename(droppedPath(folder, number), segmentPath(folder, number));
      return false;
    }
    this.#dropping.push({ number, fromOffset: committed?.segment === number ? committed.offset : 0 });
    this.#forget(number);
    return true;
  }

  async #isBeingRead(number: number): Promise<boolean> {
    const { folder } = this.#options;
    const cursor = await readCursor(folder);
    return cursor?.reading === number && (await isReaderAlive(folder));
  }

  async #finishDropping(): Promise<void> {
    const { folder, record, syncIndex } = this.#options;
    for (let next = this.#dropping[0]; next !== undefined; next = this.#dropping[0]) {
      const { number, fromOffset } = next;
      const path = droppedPath(folder, number);
      if (number !== this.#lastDropped + 1) this.#rows.end();
      await record(this.#rows.add(number, await lostIntervals(path, fromOffset)));
      await syncIndex();
      await removed(unlink(path));
      this.#lastDropped = number;
      this.#dropping.shift();
    }
  }

  #forget(number: number): void {
    const index = this.#segments.findIndex((segment) => segment.number === number);
    this.#bytes -= this.#segments[index]?.bytes ?? 0;
    if (index >= 0) this.#segments.splice(index, 1);
  }
}

/** Waits for a removal; what is gone already is removed. */
async function removed(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (thrown) {
    if ((thrown as { code?: string }).code !== 'ENOENT') throw thrown;
  }
}
