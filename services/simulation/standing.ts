import {
  MAIN_GROUP,
  type ModelTensor,
  type Strategy,
  type StrategyState,
} from '../../learning/strategies/strategy.ts';
import { decodeState, encodeState } from '../../learning/strategies/strategy-state.ts';
import { readSafetensors, writeSafetensors } from '../../learning/weights/safetensors.ts';
import type { MadeVersion, RoundRecord } from './round-record.ts';
import type { Checkpoint, Shelf, Underway } from './shelf.ts';
import { type OpenVersion, openVersion } from './simulated-model.ts';

/** Where a simulation stands between two rounds. */
export class Standing {
  readonly #shelf: Shelf;
  readonly #settings: string;
  readonly #strategy: Strategy;
  readonly #opened = new Map<string, OpenVersion>();
  /** Rounds done. */
  round = 0;
  /** The current version of every group. */
  readonly versions = new Map<string, MadeVersion>();
  /** sha256 of the strategy's state, once it keeps one. */
  state: string | undefined;
  /** sha256 of what downloads left out, by group. */
  readonly residuals = new Map<string, string>();
  /** sha256 of what participants keep. */
  readonly participants = new Map<string, string>();
  /** The group that each participant last counted in. */
  readonly groups = new Map<string, string>();
  /** Who has the versions before the current ones. */
  lastCohort: readonly string[] = [];
  underway: readonly Underway[] = [];
  now = 0;

  constructor(shelf: Shelf, settings: string, strategy: Strategy) {
    this.#shelf = shelf;
    this.#settings = settings;
    this.#strategy = strategy;
  }

  /** Goes on from a checkpoint. */
  restore(checkpoint: Checkpoint): void {
    this.round = checkpoint.round;
    for (const version of checkpoint.versions) this.versions.set(version.group, version);
    this.state = checkpoint.state ?? undefined;
    for (const [group, sha256] of Object.entries(checkpoint.residuals)) this.residuals.set(group, sha256);
    for (const [id, sha256] of Object.entries(checkpoint.participants)) this.participants.set(id, sha256);
    for (const [id, group] of Object.entries(checkpoint.groups)) this.groups.set(id, group);
    this.lastCohort = checkpoint.lastCohort;
    this.underway = checkpoint.underway;
    this.now = checkpoint.now;
  }

  save(record: RoundRecord): void {
    this.#shelf.save(record, {
      settings: this.#settings,
      round: this.round,
      versions: [...this.versions.values()],
      state: this.state ?? null,
      residuals: Object.fromEntries(this.residuals),
      participants: Object.fromEntries(this.participants),
      groups: Object.fromEntries(this.groups),
      lastCohort: this.lastCohort,
      underway: this.underway,
      now: this.now,
    });
    const current = new Set([...this.versions.values()].map(({ sha256 }) => sha256));
    for (const sha256 of this.#opened.keys()) if (!current.has(sha256)) this.#opened.delete(sha256);
  }

  open(version: MadeVersion): OpenVersion {
    const known = this.#opened.get(version.sha256);
    if (known !== undefined) return known;
    const opened = openVersion(this.#shelf, version);
    this.#opened.set(version.sha256, opened);
    return opened;
  }

  /** The group whose version those have that belong to none. */
  get firstGroup(): string {
    const [first] = this.versions.keys();
    if (first === undefined) throw new RangeError('there is no version yet');
    return this.versions.has(MAIN_GROUP) ? MAIN_GROUP : first;
  }

  /** The version of a group; one that has none yet begins from `main`. */
  versionOf(group: string): MadeVersion {
    return this.versions.get(group) ?? this.versions.get(this.firstGroup)!;
  }

  strategyState(model: readonly ModelTensor[]): StrategyState {
    if (this.state === undefined) return this.#strategy.init(model).state;
    return decodeState(this.#shelf.read(this.state));
  }

  keepState(state: StrategyState, model: readonly ModelTensor[]): void {
    // Without slots and groups a state says no more than how many rounds there were.
    const isKept = state.slots.size > 0 || this.#strategy.groupsOf !== undefined;
    this.state = isKept ? this.#shelf.put(encodeState(state, model)) : undefined;
  }

  residualOf(group: string): ReadonlyMap<string, Float32Array> {
    const sha256 = this.residuals.get(group);
    if (sha256 === undefined) return new Map();
    const { tensors } = readSafetensors(this.#shelf.read(sha256));
    return new Map([...tensors].map(([name, { values }]) => [name, values]));
  }

  keepResidual(group: string, residual: ReadonlyMap<string, Float32Array>): void {
    const tensors = [...residual].map(([name, values]) => ({ name, shape: [values.length], values }));
    this.residuals.set(group, this.#shelf.put(writeSafetensors(tensors, {})));
  }
}
