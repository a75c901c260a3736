import { stepOf } from '../grid.ts';
import type { AggregationKernels } from '../kernels.ts';
import type { CoordinateTask, GramTask, Tile } from './fold-task.ts';
import type { TileReader } from './tile-reader.ts';

/** Brings tiles of rows into memory; a row of several updates is their exact mean, rounded to 32 bits. */
export class RowReader {
  readonly #task: GramTask | CoordinateTask;
  readonly #kernels: AggregationKernels;
  readonly #reader: TileReader;
  readonly #sums: number;
  readonly #member: number;

  /** @param sums place for a tile's sums. @param member place for a decoded tile. */
  constructor(
    task: GramTask | CoordinateTask,
    kernels: AggregationKernels,
    reader: TileReader,
    sums: number,
    member: number,
  ) {
    this.#task = task;
    this.#kernels = kernels;
    this.#reader = reader;
    this.#sums = sums;
    this.#member = member;
  }

  /** @throws CodedError `E_UPDATE_OUT_OF_RANGE` */
  read(row: number, tile: Tile, place: number): void {
    const tensor = this.#task.tensors[tile.tensor]!;
    const members = this.#task.rows[row]!;
    if (members.length === 1) {
      this.#reader.read(this.#task.updates[members[0]!]!, tensor, tile, place);
      return;
    }
    const padded = Math.ceil(tile.count / 64) * 64;
    const step = stepOf({ bound: tensor.grid.bound, maximumFactorSum: members.length });
    new Uint8Array(this.#kernels.memory.buffer).fill(0, this.#sums, this.#sums + padded * 8);
    for (const member of members) {
      this.#reader.read(this.#task.updates[member]!, tensor, tile, this.#member);
      this.#kernels.foldFar(this.#sums, this.#member, padded, 1 / step);
    }
    this.#kernels.meansOf(this.#sums, place, padded, step, members.length);
  }
}
