import type { DataProfile } from '../../../openapi/schemas.ts';
import { BlockBinder } from './block-binder.ts';
import type { ArrivalMark, BlockPlace, Journal } from './journal.ts';
import type { BlockRow } from './journal-tables.ts';
import { countTestWindows } from './split.ts';
import { type ExclusionCause, type Window, WindowCutter } from './window-cutter.ts';
import { offsetOf, offsetOfId } from './window-id.ts';

/** What a data set holds for a profile; counts, never data. */
export interface DataSetCounts {
  readonly windows: number;
  readonly trainExamples: number;
  readonly testExamples: number;
  /** In the order of the profile's classes. */
  readonly examplesPerClass: readonly number[];
  readonly excludedWindows: Readonly<Record<string, number>>;
  readonly lostBlocks: number;
  readonly finished: boolean;
}

interface DataSetViewOptions {
  readonly journal: Journal;
  readonly profile: DataProfile;
  readonly publishingIntervalMs: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Windows that are no examples and can still be named, at least; of more the oldest are forgotten. */
const NAMED_WINDOWS = 50_000;
const BLOCKS_AT_ONCE = 256;
const BEFORE_ALL: BlockPlace = { timestampMs: Number.NEGATIVE_INFINITY, position: 0 };
/** Publishing intervals without a value after which none is expected any more. */
const PATIENCE_INTERVALS = 2;
/** How long a finished source is waited for where it announced a block that neither came nor is on the ledger. */
const FINISH_PATIENCE_MS = 5_000;

/**
 * The windows of a journal by one profile. It follows the arrivals at a cost of what is new; only what arrives later
 * than newer blocks makes it begin again, so that the order of arrival never shows in the result.
 */
export class DataSetView {
  readonly #options: DataSetViewOptions;
  readonly #signals: readonly string[];
  readonly #context: readonly string[];
  #mark: ArrivalMark = { block: 0, context: 0, gap: 0, correction: -1 };
  #place = BEFORE_ALL;
  #hadFinished = false;
  /** Whether the last segment was ended because the source has finished. */
  #isEnded = false;
  #windows: Window[] = [];
  /** Windows that are no examples, as they have no label or are beyond the maximum; newest last. */
  #others: Window[] = [];
  #latest: Window | undefined;
  #corrections: ReadonlyMap<number, string> = new Map();
  #excluded = new Map<ExclusionCause, number>();
  #classCounts: { windows: number; inTestLots: number }[] = [];
  #binder: BlockBinder;
  #cutter: WindowCutter;

  constructor(options: DataSetViewOptions) {
    this.#options = options;
    const { waveform, label, lot, block, segment, context } = options.profile.signals;
    this.#context = [label, lot, block, segment, ...(context ?? [])].filter((name) => name !== undefined);
    this.#signals = [waveform, ...this.#context];
    this.#binder = this.#newBinder();
    this.#cutter = this.#newCutter();
  }

  /** The windows so far, in the order (sourceTimestamp, block), at most the profile's maximum. */
  get windows(): readonly Window[] {
    return this.#windows;
  }

  /** Follows all arrivals; gives way to other work in between. */
  async catchUp(): Promise<void> {
    while (this.advance()) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Follows some of the arrivals. @returns whether more are waiting. */
  advance(): boolean {
    const { journal, profile } = this.#options;
    if (journal.changedBefore(this.#mark, this.#signals, this.#place.timestampMs)) this.#beginAgain();
    const mark = journal.mark();
    if (mark.correction !== this.#mark.correction) {
      const { waveform, label } = profile.signals;
      this.#corrections = journal.corrections({ waveform, label, length: profile.window.length });
    }
    this.#mark = mark;
    const finished = this.#finished();
    const rows = journal.blocksAfter(profile.signals.waveform, this.#place, BLOCKS_AT_ONCE);
    if (this.#isEnded && rows.length > 0) {
      // What was taken for the last segment's end was none.
      this.#beginAgain();
      return true;
    }
    for (const row of rows) {
      if (!finished && !this.#isBound(row)) return false;
      const bound = this.#binder.bind(row);
      if (bound !== undefined) this.#cutter.push(bound);
      this.#place = row;
    }
    if (finished && rows.length < BLOCKS_AT_ONCE && !this.#isEnded) {
      this.#cutter.finish();
      this.#isEnded = true;
    }
    return rows.length === BLOCKS_AT_ONCE;
  }

  /**
   * A window by its name: `latest`, its id, or a product id: the value of the lot signal or of a context signal, of
   * several windows the newest. Windows without a label have names too.
   */
  find(name: string): Window | undefined {
    if (name === 'latest') return this.#latest;
    const offset = offsetOfId(name);
    const fits = offset === undefined ? this.#isOfProduct(name) : (each: Window) => offsetOf(each) === offset;
    const candidates = [this.#windows.findLast(fits), this.#others.findLast(fits)];
    return candidates
      .filter((window) => window !== undefined)
      .sort((a, b) => b.timestampMs - a.timestampMs || offsetOf(b) - offsetOf(a))[0];
  }

  counts(): DataSetCounts {
    const testExamples = countTestWindows(this.#classCounts);
    const excludedWindows = Object.fromEntries(this.#excluded);
    const finished = this.#finished();
    if (finished && this.#cutter.shortSegments > 0) {
      excludedWindows['short-segment'] = (excludedWindows['short-segment'] ?? 0) + this.#cutter.shortSegments;
    }
    return {
      windows: this.#windows.length,
      trainExamples: this.#windows.length - testExamples,
      testExamples,
      examplesPerClass: this.#classCounts.map(({ windows }) => windows),
      excludedWindows,
      lostBlocks: this.#binder.lostBlocks,
      finished,
    };
  }

  #beginAgain(): void {
    this.#place = BEFORE_ALL;
    this.#isEnded = false;
    this.#windows = [];
    this.#others = [];
    this.#latest = undefined;
    this.#excluded = new Map();
    this.#binder = this.#newBinder();
    this.#cutter = this.#newCutter();
  }

  #newBinder(): BlockBinder {
    return new BlockBinder(this.#options.journal, this.#options.profile);
  }

  #newCutter(): WindowCutter {
    const { window, classes } = this.#options.profile;
    this.#classCounts = classes.map(() => ({ windows: 0, inTestLots: 0 }));
    return new WindowCutter({
      ...window,
      emit: (cut) => this.#keep(cut),
      leaveOut: (cause, cut) => this.#leaveOut(cause, cut),
      exclude: (cause, count) => this.#exclude(cause, count),
    });
  }

  #keep(cut: Window): void {
    const { classes, examples, testLots } = this.#options.profile;
    const label = this.#correctedLabel(cut);
    const window = label === undefined ? cut : { ...cut, label };
    this.#latest = window;
    if (this.#windows.length >= examples.maximum) {
      this.#setAside(window);
      this.#exclude('beyond-maximum', 1);
      return;
    }
    this.#windows.push(window);
    const count = this.#classCounts[classes.indexOf(window.label)];
    if (count === undefined) return;
    count.windows += 1;
    if (testLots.includes(window.lot)) count.inTestLots += 1;
  }

  /** What only lacks a label can be classified, and be given one by a person. */
  #leaveOut(cause: ExclusionCause, cut: Window): void {
    if (cause === 'unlabelled' || cause === 'unknown-class') {
      if (this.#correctedLabel(cut) !== undefined) {
        this.#keep(cut);
        return;
      }
      this.#latest = cut;
      this.#setAside(cut);
    }
    this.#exclude(cause, 1);
  }

  #correctedLabel(window: Window): string | undefined {
    const label = this.#corrections.get(offsetOf(window));
    return label !== undefined && this.#options.profile.classes.includes(label) ? label : undefined;
  }

  #setAside(window: Window): void {
    this.#others.push(window);
    if (this.#others.length > 2 * NAMED_WINDOWS) this.#others.splice(0, NAMED_WINDOWS);
  }

  #isOfProduct(name: string): (window: Window) => boolean {
    const { journal, profile } = this.#options;
    const values = name.trim() !== '' && Number.isFinite(Number(name)) ? [name, Number(name)] : [name];
    // Most context signals never had the value; looking at each window would be for nothing.
    const signals = (profile.signals.context ?? []).filter((signal) =>
      values.some((value) => journal.everHad(signal, value)),
    );
    return ({ lot, timestampMs }) =>
      lot === name ||
      signals.some((signal) => String(journal.contextAt(signal, timestampMs)?.value) === name);
  }

  #exclude(cause: ExclusionCause, count: number): void {
    this.#excluded.set(cause, (this.#excluded.get(cause) ?? 0) + count);
  }

  #isBound(row: BlockRow): boolean {
    const { journal, clock } = this.#options;
    const complete = this.#context.every(
      (signal) => (journal.latestTimestampMs(signal) ?? Number.NEGATIVE_INFINITY) >= row.timestampMs,
    );
    return complete || clock() - row.arrivedMs >= this.#patienceMs;
  }

  get #patienceMs(): number {
    return PATIENCE_INTERVALS * this.#options.publishingIntervalMs;
  }

  /** Whether the source said so and nothing of it is on its way: order between signals is not guaranteed. */
  #finished(): boolean {
    const { journal, profile, clock } = this.#options;
    const { finished, block, waveform } = profile.signals;
    if (finished === undefined) return false;
    this.#hadFinished ||= journal.everHad(finished, true);
    if (!this.#hadFinished) return false;
    const quietMs = clock() - journal.lastArrivalMs;
    if (quietMs < this.#patienceMs) return false;
    if (block === undefined || quietMs >= FINISH_PATIENCE_MS) return true;
    const announcedMs = journal.latestTimestampMs(block) ?? Number.NEGATIVE_INFINITY;
    const arrivedMs = journal.latestTimestampMs(waveform) ?? Number.NEGATIVE_INFINITY;
    return arrivedMs >= announcedMs;
  }
}
