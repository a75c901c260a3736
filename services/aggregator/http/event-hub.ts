import type { Response } from 'express';
import type { Event } from '../../../openapi/schemas.ts';

const HEARTBEAT_EVERY_MS = 15_000;
/** Changes within this time are told as one. */
const COLLECT_MS = 100;
/** Building events takes at most this share of the time. */
const LARGEST_SHARE = 0.05;
/** A reader that is so many different events behind is let go; it may connect again. */
const MAXIMUM_BEHIND = 1000;

interface Reader {
  readonly response: Response;
  /** The newest frame of each thing while the reader's connection takes no more. */
  readonly behind: Map<string, string>;
  waits: boolean;
}

/**
 * Tells readers what changed, as server-sent events. An event is the whole present state of a thing, so a slow reader
 * may miss states in between but never the last one, and what waits for it is bounded.
 */
export class EventHub {
  readonly #readers = new Set<Reader>();
  readonly #changed = new Map<string, () => Event | undefined>();
  readonly #heartbeat: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = COLLECT_MS;

  constructor() {
    this.#heartbeat = setInterval(() => {
      for (const reader of this.#readers) if (!reader.waits) reader.response.write(': still here\n\n');
    }, HEARTBEAT_EVERY_MS).unref();
  }

  /**
   * Notes that a thing changed.
   * @param key of the thing, such as `run:ID`.
   * @param view makes the event when it is sent; undefined if the thing is gone.
   */
  changed(key: string, view: () => Event | undefined): void {
    if (this.#readers.size === 0) return;
    this.#changed.set(key, view);
    this.#timer ??= setTimeout(() => this.#flush(), this.#pauseMs);
  }

  /** Adds a reader, which gets the snapshot first. */
  add(response: Response, snapshot: readonly Event[]): void {
    response.set({
      'Content-Type': 'text/event-stream',
      'X-Accel-Buffering': 'no',
      Connection: 'keep-alive',
    });
    response.flushHeaders();
    const reader: Reader = { response, behind: new Map(), waits: false };
    this.#readers.add(reader);
    response.on('drain', () => this.#catchUp(reader));
    response.on('close', () => this.#readers.delete(reader));
    const text = snapshot.map(frameOf).join('');
    reader.waits = !response.write(text === '' ? ': nothing yet\n\n' : text);
  }

  close(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#timer);
    for (const { response } of this.#readers) response.end();
    this.#readers.clear();
  }

  #flush(): void {
    this.#timer = undefined;
    const began = performance.now();
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const [key, view] of changed) {
      const event = view();
      if (event === undefined) continue;
      const frame = frameOf(event);
      for (const reader of this.#readers) this.#send(reader, key, frame);
    }
    this.#pauseMs = Math.max(COLLECT_MS, (performance.now() - began) / LARGEST_SHARE);
  }

  #send(reader: Reader, key: string, frame: string): void {
    if (!reader.waits) {
      reader.waits = !reader.response.write(frame);
      return;
    }
    reader.behind.set(key, frame);
    if (reader.behind.size > MAXIMUM_BEHIND) reader.response.destroy();
  }

  #catchUp(reader: Reader): void {
    reader.waits = false;
    for (const [key, frame] of reader.behind) {
      reader.behind.delete(key);
      reader.waits = !reader.response.write(frame);
      if (reader.waits) return;
    }
  }
}

function frameOf(event: Event): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}
