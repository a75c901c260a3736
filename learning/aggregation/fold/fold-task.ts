import type { Grid } from '../grid.ts';
import type { Buckets } from '../reduction.ts';

/** Where and how a tensor's values lie in an update's file. */
export type TensorPayload = EncodedPayload & {
  /** What each decoded value is multiplied by, once and rounded to 32 bits: an update that was clipped. */
  readonly scale?: number;
};

type EncodedPayload =
  | { readonly encoding: 'f32'; readonly byteOffset: number }
  | { readonly encoding: 'f16'; readonly byteOffset: number }
  | {
      /** 8-bit integers, or two of 4 bits a byte; each block of values has a scale, a 32-bit float. */
      readonly encoding: 'int8' | 'int4';
      readonly byteOffset: number;
      readonly scalesByteOffset: number;
      /** Values of a block, a positive multiple of 8. */
      readonly blockLength: number;
    }
  | {
      /** Some values as 32-bit floats; all others are 0. */
      readonly encoding: 'sparse';
      readonly byteOffset: number;
      /** How many there are. */
      readonly kept: number;
      /** Their places, ascending 32-bit integers, in the update's file or in another. */
      readonly indicesByteOffset: number;
      readonly indicesPath?: string;
    };

/** A verified update in a file of the spool. */
export interface UpdateFile {
  readonly participant: string;
  readonly path: string;
  /** In the order of the task's tensors. */
  readonly payloads: readonly TensorPayload[];
}

/** A tensor to be reduced. */
export interface ReducedTensor {
  readonly name: string;
  /** Elements. */
  readonly length: number;
  readonly grid: Grid;
}

/** A file that holds an array for each tensor. */
export interface TensorFile {
  readonly path: string;
  /** Where each tensor's array starts, in the order of the task's tensors. */
  readonly byteOffsets: readonly number[];
}

interface Task {
  readonly tensors: readonly ReducedTensor[];
  readonly updates: readonly UpdateFile[];
}

/** Folds updates and partial sums into one sum. */
export interface SumTask extends Task {
  readonly kind: 'sum';
  /** By update; negative to take one off again. Multiples of 2^-20. */
  readonly factors: readonly number[];
  readonly partialSums: readonly (TensorFile & { readonly subtract: boolean })[];
  /** The sums as 64-bit integers, or the sums divided by `divisor` as 32-bit floats. */
  readonly output: TensorFile &
    ({ readonly kind: 'sums' } | { readonly kind: 'means'; readonly divisor: number });
  /** `fast` sums in 32-bit floats: no grid, no range, and bits that depend on the order. It allows `means` only. */
  readonly arithmetic: 'exact' | 'fast';
}

/** Computes the inner products of the rows. */
export interface GramTask extends Task {
  readonly kind: 'gram';
  readonly rows: Buckets;
}

/** Takes order statistics of the rows, coordinate by coordinate. */
export interface CoordinateTask extends Task {
  readonly kind: 'coordinates';
  readonly rows: Buckets;
  /** Sorted values that are averaged: those of the ranks, or the `kept` ones around the median. */
  readonly statistic:
    | { readonly kind: 'ranks'; readonly first: number; readonly last: number }
    | { readonly kind: 'around-median'; readonly kept: number };
  readonly output: TensorFile;
}

/** What the workers do together, each a share of the tiles. */
export type FoldTask = SumTask | GramTask | CoordinateTask;

/** A piece of a tensor that is reduced at once. */
export interface Tile {
  readonly tensor: number;
  /** First element. */
  readonly begin: number;
  readonly count: number;
}
