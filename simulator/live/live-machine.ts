import { type Block, blocksOf, type PlayPosition } from '../../connectors/recording/blocks.ts';
import type { Segment } from '../../connectors/recording/segments.ts';
import { describeError, toCodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Machine } from '../line.ts';
import type { MachineNodes } from '../machine-nodes.ts';

/** What is later than this was never produced: the process was stopped meanwhile. */
const CATCH_UP_MS = 1_000;

interface LiveMachineOptions {
  readonly machine: Machine;
  /** Segments of its shift, all of one length; after the last it begins with the first again. */
  readonly segments: number;
  readonly nodes: MachineNodes;
  /** When its first block was due, in milliseconds since 1970. */
  readonly epochMs: number;
  /** How often it works through its shift before it stops; without end by default. */
  readonly laps?: number;
  readonly log: Log;
}

/**
 * A machine that works by the clock, whoever listens: the number of a block tells its time, so a server that starts
 * anew goes on where the clock is, and what it would have written meanwhile is missing.
 */
export class LiveMachine {
  readonly #options: LiveMachineOptions;
  #source: AsyncIterator<Segment> | undefined;
  #playing: { readonly segment: Segment; readonly blocks: readonly Block[] } | undefined;
  #next: PlayPosition | undefined;
  /** Blocks and milliseconds of each segment. */
  #size: { readonly blocks: number; readonly durationMs: number } | undefined;
  #sent = 0;
  #busy = false;
  #finished = false;

  constructor(options: LiveMachineOptions) {
    this.#options = options;
  }

  /** Shows the newest block that is due, so that no variable is ever without a good value. */
  async prepare(nowMs: number): Promise<void> {
    const { machine, nodes, epochMs } = this.#options;
    const { value: first } = await machine.segments(1)[Symbol.asyncIterator]().next();
    if (first === undefined) throw new RangeError(`${machine.id} has no segments`);
    const { blocks, next } = blocksOf(first, { segment: 1, block: 1, timeMs: 0 });
    this.#size = { blocks: blocks.length, durationMs: next.timeMs };
    nodes.writeFinished(false, epochMs);
    await this.#jump(nowMs);
    // The one before the next: it was due last.
    while (this.#due(nowMs) !== undefined) this.#sent += 1;
    this.#sent = Math.max(0, this.#sent - 1);
    this.#sendNext();
  }

  /** Writes what is due. Safe to call at any time, often. */
  advance(nowMs: number): void {
    if (this.#busy || this.#finished) return;
    this.#busy = true;
    void this.#advance(nowMs)
      .catch((thrown: unknown) => this.#fail(thrown))
      .finally(() => {
        this.#busy = false;
      });
  }

  async #advance(nowMs: number): Promise<void> {
    const { epochMs, laps = Number.POSITIVE_INFINITY, segments, nodes } = this.#options;
    const newest = this.#playing?.blocks[this.#sent];
    if (newest !== undefined && newest.timeMs < nowMs - CATCH_UP_MS) await this.#jump(nowMs);
    for (;;) {
      while (this.#due(nowMs) !== undefined) this.#sendNext();
      if (this.#playing !== undefined && this.#sent < this.#playing.blocks.length) return;
      const { segment, timeMs } = this.#next ?? { segment: 1, timeMs: epochMs };
      if (segment > laps * segments) {
        nodes.writeFinished(true, timeMs);
        this.#finished = true;
        return;
      }
      await this.#load();
    }
  }

  #due(nowMs: number): Block | undefined {
    const block = this.#playing?.blocks[this.#sent];
    return block !== undefined && block.timeMs <= nowMs ? block : undefined;
  }

  #sendNext(): void {
    const block = this.#playing?.blocks[this.#sent];
    if (this.#playing === undefined || block === undefined) return;
    this.#options.nodes.writeBlock(this.#playing.segment, block);
    this.#sent += 1;
  }

  /** Goes on at the segment of a moment, at the first of its blocks that is not too late. */
  async #jump(nowMs: number): Promise<void> {
    const { epochMs, log, machine } = this.#options;
    if (this.#size === undefined) throw new TypeError('prepare comes first');
    const { blocks, durationMs } = this.#size;
    const passed = Math.max(0, Math.floor((nowMs - epochMs) / durationMs));
    this.#next = { segment: passed + 1, block: passed * blocks + 1, timeMs: epochMs + passed * durationMs };
    this.#source = undefined;
    await this.#load();
    const late = this.#playing?.blocks.findIndex(({ timeMs }) => timeMs > nowMs - CATCH_UP_MS) ?? 0;
    this.#sent = Math.max(0, late);
    log.debug({ event: 'live.jump', machine: machine.id, segment: passed + 1 });
  }

  async #load(): Promise<void> {
    const { machine, segments, epochMs } = this.#options;
    const position = this.#next ?? { segment: 1, block: 1, timeMs: epochMs };
    const inShift = ((position.segment - 1) % segments) + 1;
    if (inShift === 1) this.#source = undefined;
    this.#source ??= machine.segments(inShift)[Symbol.asyncIterator]();
    const { value } = await this.#source.next();
    if (value === undefined) throw new RangeError(`${machine.id} has fewer than ${segments} segments`);
    const segment = { ...value, segment: position.segment };
    const { blocks, next } = blocksOf(segment, position);
    this.#playing = { segment, blocks };
    this.#next = next;
    this.#sent = 0;
  }

  #fail(thrown: unknown): void {
    const error = toCodedError(thrown);
    const { log, machine } = this.#options;
    log.error({ event: 'live.failed', machine: machine.id, code: error.code }, describeError(error));
    this.#finished = true;
  }
}
