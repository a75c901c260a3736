import { openKernels } from '../kernels.ts';
import { sortingNetwork } from '../sorting-network.ts';
import type { CoordinateTask, Tile } from './fold-task.ts';
import { RowReader } from './row-reader.ts';
import type { SpoolFiles } from './spool-files.ts';
import { decodedBytes, stagingBytes, TileReader } from './tile-reader.ts';
import { STRIP, tileLength } from './tiles.ts';

const STRIP_BYTES = STRIP * 4;
const COMPARATOR_WORDS = 3;

/**
 * What takes the order statistics of one tile after the other and writes them.
 * @throws CodedError `E_UPDATE_OUT_OF_RANGE` from the returned function.
 */
export function coordinateTiles(
  wasm: Uint8Array,
  task: CoordinateTask,
  files: SpoolFiles,
): (tile: Tile) => void {
  const { statistic } = task;
  const rowCount = task.rows.length;
  const network =
    statistic.kind === 'ranks'
      ? sortingNetwork(rowCount, statistic.first, statistic.last)
      : sortingNetwork(rowCount);
  const length = tileLength(task);
  const rowBytes = decodedBytes(length);
  const { kernels, places } = openKernels(wasm, [
    stagingBytes(length),
    2 * rowBytes,
    rowBytes,
    rowCount * rowBytes,
    rowCount * STRIP_BYTES,
    network.length * COMPARATOR_WORDS * 4,
    rowBytes,
  ]);
  const [staging, sums, member, rows, keys, pairs, means] = places as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const reader = new RowReader(task, kernels, new TileReader(kernels, files, staging), sums, member);
  const memory = new Uint8Array(kernels.memory.buffer);
  const words = new Uint32Array(kernels.memory.buffer, pairs, network.length * COMPARATOR_WORDS);
  for (const [index, { lower, upper, needed }] of network.entries()) {
    words.set([lower * STRIP_BYTES, upper * STRIP_BYTES, needed], index * COMPARATOR_WORDS);
  }

  return (tile) => {
    for (let row = 0; row < rowCount; row++) reader.read(row, tile, rows + row * rowBytes);
    for (let at = 0; at < tile.count * 4; at += STRIP_BYTES) {
      for (let row = 0; row < rowCount; row++) {
        kernels.toKeys(rows + row * rowBytes + at, keys + row * STRIP_BYTES);
      }
      kernels.compareRows(keys, pairs, network.length);
      if (statistic.kind === 'ranks') {
        kernels.meanOfRows(keys, statistic.first, statistic.last, means + at);
      } else {
        kernels.meanAroundMedian(keys, rowCount, statistic.kept, means + at);
      }
    }
    const { path, byteOffsets } = task.output;
    const position = byteOffsets[tile.tensor]! + tile.begin * 4;
    files.write(path, position, memory.subarray(means, means + tile.count * 4));
  };
}
