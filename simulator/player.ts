import { type Block, blocksOf, FIRST_POSITION, type PlayPosition } from '../connectors/recording/blocks.ts';
import type { Segment } from '../connectors/recording/segments.ts';
import { describeError, toCodedError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Machine } from './line.ts';
import type { MachineNodes } from './machine-nodes.ts';
import type { PositionFile, StoredPosition } from './position-file.ts';
import type { MachineWatch } from './subscription-watch.ts';

/** A client makes its items in several calls; the play begins when this long none has come. */
const SETTLING_MS = 60;
/** Blocks that one pass writes at most, so that the process answers its clients in between. */
const BURST_BLOCKS = 20;

interface PlayerOptions {
  readonly machine: Machine;
  readonly nodes: MachineNodes;
  readonly file: PositionFile;
  readonly position: StoredPosition;
  readonly log: Log;
}

/** A segment that is being sent. */
interface Playing {
  readonly segment: Segment;
  readonly blocks: readonly Block[];
  readonly next: PlayPosition;
}

/** What was sent and not yet acknowledged: a block, or `finished`. */
interface OnItsWay {
  readonly stamp: number;
  /** The position once this is acknowledged, where it ends a segment or the shift. */
  readonly reached?: StoredPosition;
}

/**
 * Plays a machine's shift to the newest subscription that watches its waveform (contracts, section 4). Its position is
 * the first segment that is not acknowledged as a whole; from there everything is sent again to a new subscription, so
 * that a client which dies loses nothing.
 */
export class Player {
  readonly #options: PlayerOptions;
  #position: StoredPosition;
  #watch: MachineWatch | undefined;
  #settledAt = 0;
  #onItsWay: OnItsWay[] = [];
  #source: AsyncIterator<Segment> | undefined;
  /** Where the source's next segment begins. */
  #cursor: PlayPosition = FIRST_POSITION;
  #playing: Playing | undefined;
  #sent = 0;
  #finishing = false;
  #busy = false;
  #again = false;
  /** Those it was told to follow before: to them a finished shift is not played again. */
  readonly #known = new WeakSet<MachineWatch>();
  /** Counts rewinds: what was begun before one must not go on after it. */
  #generation = 0;

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.#position = options.position;
  }

  /** Shows the first block that is to come, so that no variable is ever without a good value. */
  async prepare(): Promise<void> {
    const { machine, nodes } = this.#options;
    nodes.writeFinished(this.#position.finished, this.#position.timeMs);
    const start = this.#position.finished ? FIRST_POSITION : this.#position;
    const source = machine.segments(start.segment)[Symbol.asyncIterator]();
    const { value } = await source.next();
    await source.return?.();
    const segment: Segment | undefined = value;
    const block = segment && blocksOf(segment, start).blocks[0];
    if (segment !== undefined && block !== undefined) nodes.writeBlock(segment, block);
  }

  /**
   * Plays to this watch from the beginning of the current segment, or of the shift if it had finished; to nobody if
   * undefined. Called for a new subscription, and when one gets another item or loses one.
   */
  follow(watch: MachineWatch | undefined): void {
    const { log, machine, nodes } = this.#options;
    const isOther = watch !== this.#watch;
    if (watch !== undefined && !this.#known.has(watch) && this.#position.finished) {
      this.#position = { ...FIRST_POSITION, finished: false };
      this.#save();
    }
    if (watch !== undefined && !this.#position.finished) nodes.writeFinished(false, this.#position.timeMs);
    if (watch !== undefined) this.#known.add(watch);
    if (isOther) {
      const subscriptionId = watch?.subscription.subscriptionId;
      log.info({
        event: watch === undefined ? 'play.waits' : 'play.follows',
        machine: machine.id,
        subscriptionId,
        segment: this.#position.segment,
      });
    }
    this.#watch = watch;
    this.#settledAt = performance.now() + SETTLING_MS;
    this.#rewind();
  }

  /** Notes what has been acknowledged and sends what may be sent. Safe to call at any time, often. */
  pass(): void {
    const watch = this.#watch;
    if (watch === undefined || !watch.reports || performance.now() < this.#settledAt) return;
    this.#acknowledge(watch);
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    void this.#send(watch)
      .catch((thrown: unknown) => this.#fail(thrown))
      .finally(() => {
        this.#busy = false;
        if (!this.#again) return;
        this.#again = false;
        setImmediate(() => this.pass());
      });
  }

  /** Resolves when the position is on disk. */
  async close(): Promise<void> {
    this.follow(undefined);
    await this.#options.file.flushed();
  }

  #rewind(): void {
    this.#generation += 1;
    void this.#source?.return?.().catch(() => undefined);
    this.#source = undefined;
    this.#cursor = this.#position;
    this.#playing = undefined;
    this.#sent = 0;
    this.#onItsWay = [];
    this.#finishing = this.#position.finished;
  }

  #acknowledge(watch: MachineWatch): void {
    const acknowledged = watch.subscription.acknowledged();
    let reached: StoredPosition | undefined;
    while (this.#onItsWay[0] !== undefined && this.#onItsWay[0].stamp <= acknowledged) {
      reached = this.#onItsWay.shift()?.reached ?? reached;
    }
    if (reached === undefined) return;
    this.#position = reached;
    this.#save();
    if (reached.finished)
      this.#options.log.info({ event: 'play.finished', machine: this.#options.machine.id });
  }

  async #send(watch: MachineWatch): Promise<void> {
    const generation = this.#generation;
    const window = watch.windowBlocks;
    for (let sent = 0; this.#onItsWay.length < window && watch.subscription.accepts; sent += 1) {
      if (sent === BURST_BLOCKS) {
        this.#again = true;
        return;
      }
      if (this.#playing !== undefined || (await this.#load(generation))) this.#sendBlock(watch);
      else return;
    }
  }

  /** Gets the next segment. @returns false if there is none, or if the play was rewound meanwhile */
  async #load(generation: number): Promise<boolean> {
    if (this.#finishing) return false;
    this.#source ??= this.#options.machine.segments(this.#cursor.segment)[Symbol.asyncIterator]();
    const result = await this.#source.next();
    if (generation !== this.#generation) return false;
    if (result.done === true) {
      this.#finish();
      return false;
    }
    this.#playing = { segment: result.value, ...blocksOf(result.value, this.#cursor) };
    this.#cursor = this.#playing.next;
    this.#sent = 0;
    return true;
  }

  #sendBlock(watch: MachineWatch): void {
    if (this.#playing === undefined) return;
    const { segment, blocks, next } = this.#playing;
    const block = blocks[this.#sent];
    if (block !== undefined) this.#options.nodes.writeBlock(segment, block);
    this.#sent += 1;
    const isLast = this.#sent >= blocks.length;
    const reached = isLast ? { reached: { ...next, finished: false } } : {};
    this.#onItsWay.push({ stamp: watch.subscription.stamp(), ...reached });
    if (isLast) this.#playing = undefined;
  }

  /** Ends the shift, once every block of it is acknowledged: between items there is no order. */
  #finish(): void {
    if (this.#watch === undefined || this.#onItsWay.length > 0) return;
    this.#finishing = true;
    this.#options.nodes.writeFinished(true, this.#cursor.timeMs);
    const reached = { ...this.#cursor, finished: true };
    this.#onItsWay.push({ stamp: this.#watch.subscription.stamp(), reached });
  }

  #save(): void {
    const { file, log, machine } = this.#options;
    file.save(this.#position, (thrown) => {
      const { code, message } = toCodedError(thrown);
      log.error({ event: 'play.position.failed', machine: machine.id, code }, message);
    });
  }

  /** A recording that cannot be read stops this machine, not the line. */
  #fail(thrown: unknown): void {
    const error = toCodedError(thrown);
    const { log, machine } = this.#options;
    log.error({ event: 'play.failed', machine: machine.id, code: error.code }, describeError(error));
    this.#finishing = true;
  }
}
