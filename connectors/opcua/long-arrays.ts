import type { DataValue } from 'node-opcua-client';
import { toCodedError } from '../../runtime/errors.ts';
import type { NumberArray, Sample } from '../connector.ts';
import { LONGEST_VALUE_BYTES, readable } from './first-look.ts';
import type { CallContext } from './link-calls.ts';
import type { MonitoredTarget } from './monitored-target.ts';
import { qualityOf, timestampOf } from './read-notification.ts';
import { sampleValue } from './sample-value.ts';
import { steadyNowMs } from './server-status.ts';

const PART_ELEMENTS = LONGEST_VALUE_BYTES / 8;
/** The array may be written while its parts are read. */
const ATTEMPTS = 3;

/**
 * Reads arrays that are too long for one message, in parts, whenever their first element is notified. No queue holds
 * such an array on the server: one that is replaced before it was read is lost, and noted.
 */
export class LongArrays {
  readonly #context: CallContext;
  /** Times that were notified and not read yet. */
  readonly #notified = new Map<MonitoredTarget, number[]>();
  readonly #reading = new Set<MonitoredTarget>();
  #closed = false;

  constructor(context: CallContext) {
    this.#context = context;
  }

  /** The array has a new value. */
  changed(target: MonitoredTarget, sourceTimestampMs: number): void {
    this.#notified.set(target, [...(this.#notified.get(target) ?? []), sourceTimestampMs]);
    if (this.#reading.has(target)) return;
    this.#reading.add(target);
    // The notification is still being read, and what it has is delivered before.
    setImmediate(() => {
      void this.#readAll(target).finally(() => this.#reading.delete(target));
    });
  }

  close(): void {
    this.#closed = true;
  }

  async #readAll(target: MonitoredTarget): Promise<void> {
    while (!this.#closed && (this.#notified.get(target) ?? []).length > 0) {
      const notified = this.#notified.get(target) ?? [];
      const parts = await this.#readParts(target).catch((thrown: unknown) => {
        this.#context.log.debug({ event: 'opcua.long.failed' }, toCodedError(thrown).message);
        return undefined;
      });
      if (this.#closed) return;
      const first = parts?.[0];
      const readMs = first === undefined ? notified.at(-1) : timestampOf(first);
      const upTo = readMs ?? notified.at(-1) ?? 0;
      const missed = notified.filter((atMs) => atMs < upTo || first === undefined);
      if (missed.length > 0) this.#lost(target, 'sampling');
      this.#notified.set(
        target,
        (this.#notified.get(target) ?? []).filter((atMs) => atMs > upTo),
      );
      if (parts !== undefined) this.#deliver(target, parts);
    }
  }

  /** Reads all parts with one sourceTimestamp; undefined if the array changes faster than it can be read. */
  async #readParts(target: MonitoredTarget): Promise<DataValue[] | undefined> {
    const { session, calls } = this.#context;
    const { nodeId, longLength = 0 } = target;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const parts: DataValue[] = [];
      for (let start = 0; start < longLength; start += PART_ELEMENTS) {
        const indexRange = `${start}:${Math.min(start + PART_ELEMENTS, longLength) - 1}`;
        parts.push(await calls.run(() => session.read(readable({ nodeId, indexRange }))));
      }
      const [first] = parts;
      const isOne = parts.every((part) => first !== undefined && timestampOf(part) === timestampOf(first));
      if (isOne) return parts;
    }
    return undefined;
  }

  #deliver({ signals }: MonitoredTarget, parts: readonly DataValue[]): void {
    const { ledger, deliver } = this.#context;
    const [first] = parts;
    if (first === undefined) return;
    const arrivedAtMs = steadyNowMs();
    const worst = Math.max(...parts.map(({ statusCode }) => statusCode.value >>> 0));
    const samples: Sample[] = [];
    for (const { track, conversion } of signals) {
      const pieces = parts.map(({ value }) => sampleValue(value, conversion));
      const value = joined(pieces);
      ledger.next(
        track,
        {
          value,
          sourceTimestampMs: timestampOf(first) ?? arrivedAtMs,
          quality: value === undefined ? 'bad' : qualityOf(worst),
          overflowed: false,
        },
        arrivedAtMs,
        samples,
      );
    }
    deliver(samples);
  }

  #lost({ signals }: MonitoredTarget, cause: 'sampling'): void {
    for (const { track } of signals) this.#context.ledger.lostOf(track, cause);
  }
}

function joined(pieces: readonly (Sample['value'] | undefined)[]): NumberArray | undefined {
  const arrays = pieces.filter((piece): piece is NumberArray => ArrayBuffer.isView(piece));
  const [first] = arrays;
  if (first === undefined || arrays.length !== pieces.length) return undefined;
  const bytes = Buffer.concat(
    arrays.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  );
  // All parts are of one array, and so of one type, which every typed array's constructor makes from bytes.
  const type = first.constructor as new (buffer: ArrayBufferLike) => NumberArray;
  return new type(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
