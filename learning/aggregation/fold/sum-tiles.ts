import { stepOf } from '../grid.ts';
import { openKernels } from '../kernels.ts';
import type { SumTask, Tile } from './fold-task.ts';
import type { SpoolFiles } from './spool-files.ts';
import { decodedBytes, stagingBytes, TileReader } from './tile-reader.ts';
import { tileLength } from './tiles.ts';

/** Updates that are folded in one pass over the sums. */
const FUSED = 4;

/** Products below it may be rounded by `foldNear`. */
const NEAR = 2 ** 51;

/**
 * What folds one tile after the other: partial sums, then all updates, then the tile is written.
 * @throws CodedError `E_UPDATE_OUT_OF_RANGE` from the returned function.
 */
export function sumTiles(wasm: Uint8Array, task: SumTask, files: SpoolFiles): (tile: Tile) => void {
  const length = tileLength(task);
  const slotBytes = decodedBytes(length);
  const { kernels, places } = openKernels(wasm, [
    stagingBytes(length),
    2 * slotBytes,
    2 * slotBytes,
    FUSED * slotBytes,
  ]);
  const [staging, sums, others, slots] = places as [number, number, number, number];
  const memory = new Uint8Array(kernels.memory.buffer);
  const reader = new TileReader(kernels, files, staging);
  const slotOf = (index: number): number => slots + index * slotBytes;

  function fold(tile: Tile): void {
    const tensor = task.tensors[tile.tensor]!;
    const scale = 1 / stepOf(tensor.grid);
    const padded = Math.ceil(tile.count / 4) * 4;
    for (let first = 0; first < task.updates.length; first += FUSED) {
      const scales: [number, number, number, number] = [0, 0, 0, 0];
      const far: number[] = [];
      const some = Math.min(FUSED, task.updates.length - first);
      for (let slot = 0; slot < some; slot++) {
        const largest = reader.read(task.updates[first + slot]!, tensor, tile, slotOf(slot));
        const by = task.factors[first + slot]! * scale;
        if (Math.abs(by) * largest < NEAR) scales[slot] = by;
        else far.push(slot);
      }
      // A slot whose scale is 0 adds nothing, for what is in it is finite.
      if (some - far.length > 1) kernels.foldNearFour(sums, slots, slotBytes, padded, ...scales);
      else
        for (let slot = 0; slot < some; slot++) kernels.foldNear(sums, slotOf(slot), padded, scales[slot]!);
      for (const slot of far) {
        kernels.foldFar(sums, slotOf(slot), padded, task.factors[first + slot]! * scale);
      }
    }
  }

  function foldFast(tile: Tile): void {
    const tensor = task.tensors[tile.tensor]!;
    const padded = Math.ceil(tile.count / 4) * 4;
    for (let first = 0; first < task.updates.length; first += FUSED) {
      const factors: [number, number, number, number] = [0, 0, 0, 0];
      for (let slot = 0; slot < FUSED && first + slot < task.updates.length; slot++) {
        reader.read(task.updates[first + slot]!, tensor, tile, slotOf(slot));
        factors[slot] = task.factors[first + slot]!;
      }
      kernels.foldFloatsFour(sums, slots, slotBytes, padded, ...factors);
    }
  }

  function addPartialSums({ tensor, begin, count }: Tile): void {
    for (const { path, byteOffsets, subtract } of task.partialSums) {
      const area = memory.subarray(others, others + count * 8);
      files.read(path, byteOffsets[tensor]! + begin * 8, area);
      kernels.addSums(sums, others, Math.ceil(count / 2) * 2, subtract ? 1 : 0);
    }
  }

  function write({ tensor, begin, count }: Tile): void {
    const { output } = task;
    const offset = output.byteOffsets[tensor]!;
    const [place, bytes] =
      output.kind === 'sums' ? [sums, 8] : [meansPlace(tensor, count, output.divisor), 4];
    files.write(output.path, offset + begin * bytes, memory.subarray(place, place + count * bytes));
  }

  function meansPlace(tensor: number, count: number, divisor: number): number {
    if (task.arithmetic === 'exact') {
      const step = stepOf(task.tensors[tensor]!.grid);
      kernels.meansOf(sums, others, Math.ceil(count / 4) * 4, step, divisor);
      return others;
    }
    const means = new Float32Array(memory.buffer, sums, count);
    for (let index = 0; index < count; index++) means[index]! /= divisor;
    return sums;
  }

  return (tile) => {
    memory.fill(0, sums, sums + 2 * slotBytes);
    addPartialSums(tile);
    if (task.arithmetic === 'exact') fold(tile);
    else foldFast(tile);
    write(tile);
  };
}
