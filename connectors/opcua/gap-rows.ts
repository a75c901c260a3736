import { randomBytes } from 'node:crypto';
import type { Gap } from '../connector.ts';
import type { OpenGap, Track } from './track.ts';

/** A row that will not grow any more. */
export interface ClosedGap {
  readonly gap: Gap;
  /** The last value of the signal that is known from before it. */
  readonly beforeMs: number;
}

/** The rows that a ledger makes, until somebody takes them. */
export class GapRows {
  readonly #life = randomBytes(6).toString('hex');
  #rows: Gap[] = [];
  #closed: ClosedGap[] = [];
  readonly #grown = new Set<Track>();
  #made = 0;

  /** Notes that the open row of a signal has a later end than before. */
  grown(track: Track): void {
    this.#grown.add(track);
  }

  /** The open row of a signal ends otherwise. */
  taken(track: Track): void {
    this.#grown.delete(track);
  }

  /** @param beforeMs the last value before; undefined where a step of the clock makes times ambiguous. */
  close(track: Track, open: OpenGap, toMs: number, beforeMs?: number): void {
    const gap = this.#emit(track, open, toMs);
    if (beforeMs !== undefined) this.#closed.push({ gap, beforeMs });
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
