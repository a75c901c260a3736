import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
import { headerReader } from './header-reader.ts';
import { invalidRecording } from './invalid-recording.ts';
import type { ManifestRow } from './manifest.ts';
import { npyFormat } from './npy-format.ts';
import { type ColumnRange, readCsv } from './read-csv.ts';
import type { ReadBytes, SampleFormat } from './sample-format.ts';
import { streamFrames } from './stream-frames.ts';
import { verifyFile } from './verify-file.ts';
import { wavFormat } from './wav-format.ts';

/** Samples of a recording. */
export interface RecordingContent {
  readonly sampleRateHz?: number;
  readonly chunks: AsyncIterable<Float32Array>;
}

const FORMATS: ReadonlyMap<string, (read: ReadBytes, sizeBytes: number) => SampleFormat> = new Map([
  ['.wav', wavFormat],
  ['.npy', npyFormat],
]);

/** Endings of the files that can be read. */
export const RECORDING_EXTENSIONS: readonly string[] = ['.csv', ...FORMATS.keys()];

/**
 * Reads the wanted rows of one file, in their order.
 * @param rowsOfFile all rows of the manifest that are of this file.
 * @throws CodedError `E_INVALID_RECORDING` with the file and the line.
 */
export async function* openRecording(
  rowsOfFile: readonly ManifestRow[],
  wanted: readonly ManifestRow[],
): AsyncGenerator<RecordingContent> {
  const first = wanted[0]!;
  const extension = extname(first.file).toLowerCase();
  const formatOf = FORMATS.get(extension);
  if (formatOf !== undefined) {
    if (first.sha256 !== undefined) await verifyFile(first);
    yield* framesOf(rowsOfFile, wanted, formatOf);
  } else if (extension === '.csv') {
    const { lines } = await verifyFile(first);
    let index = 0;
    for await (const samples of readCsv(first.path, rangesOf(rowsOfFile, wanted, lines))) {
      yield { chunks: only(samples), ...sampleRateOf(wanted[index]!) };
      index += 1;
    }
  } else {
    const known = RECORDING_EXTENSIONS.join(', ');
    throw invalidRecording(first.file, first.line, `has none of the endings ${known}; those are supported`);
  }
}

async function* framesOf(
  rowsOfFile: readonly ManifestRow[],
  wanted: readonly ManifestRow[],
  formatOf: (read: ReadBytes, sizeBytes: number) => SampleFormat,
): AsyncGenerator<RecordingContent> {
  const first = wanted[0]!;
  const file = await open(first.path);
  try {
    const { size } = await file.stat();
    const format = named(first, () => formatOf(headerReader(file.fd), size));
    for (const [index, { firstRow, rows }] of rangesOf(rowsOfFile, wanted, format.frames).entries()) {
      const row = wanted[index]!;
      const count = Math.min(rows ?? Number.POSITIVE_INFINITY, format.frames - firstRow);
      if (count <= 0) throw invalidRecording(row.file, row.line, 'has no samples where the row says');
      const range = { channel: channelOf(row, format.channels), first: firstRow, count };
      const rate =
        format.sampleRateHz === undefined ? sampleRateOf(row) : { sampleRateHz: format.sampleRateHz };
      yield { ...rate, chunks: namedChunks(row, streamFrames(file, format, range)) };
    }
  } finally {
    await file.close();
  }
}

/** The row's `column`: a channel's number from 1, or `mean`; the first channel if absent. */
function channelOf({ column, file, line }: ManifestRow, channels: number): number | 'mean' {
  if (column === undefined) return 0;
  if (column === 'mean') return column;
  const number = Number(column);
  if (Number.isInteger(number) && number >= 1 && number <= channels) return number - 1;
  throw invalidRecording(file, line, `has no channel "${column}"; it has 1 to ${channels}, and their mean`);
}

/**
 * Where the wanted rows stand in their file. `first_row` counts in the recording: a file that is too short to hold the
 * rows so counted is an excerpt of it, which begins at the least `first_row` of its rows.
 */
function rangesOf(
  rowsOfFile: readonly ManifestRow[],
  wanted: readonly ManifestRow[],
  length: number,
): ColumnRange[] {
  const first = Math.min(...rowsOfFile.map((row) => row.firstRow ?? 0));
  const end = Math.max(...rowsOfFile.map((row) => (row.firstRow ?? 0) + (row.rows ?? 1)));
  const offset = end > length ? first : 0;
  return wanted.map(({ column, firstRow = 0, rows }) => ({
    ...(column === undefined ? {} : { column }),
    firstRow: firstRow - offset,
    ...(rows === undefined ? {} : { rows }),
  }));
}

function sampleRateOf(row: ManifestRow): { sampleRateHz?: number } {
  const sampleRateHz = Number(row.values.get('sample_rate') ?? row.values.get('sample_rate_hz'));
  return Number.isFinite(sampleRateHz) && sampleRateHz > 0 ? { sampleRateHz } : {};
}

async function* only(samples: Float32Array): AsyncGenerator<Float32Array> {
  yield samples;
}

async function* namedChunks(
  row: ManifestRow,
  chunks: AsyncIterable<Float32Array>,
): AsyncGenerator<Float32Array> {
  try {
    yield* chunks;
  } catch (cause) {
    throw unreadable(row, cause);
  }
}

function named<Result>(row: ManifestRow, act: () => Result): Result {
  try {
    return act();
  } catch (cause) {
    throw unreadable(row, cause);
  }
}

/** The readers of formats know bytes and no names. */
function unreadable(row: ManifestRow, cause: unknown): unknown {
  if (!(cause instanceof RangeError)) return cause;
  return new CodedError('E_INVALID_RECORDING', `the recording ${row.file} cannot be used`, {
    cause,
    faults: [{ path: row.file, line: row.line, message: cause.message }],
  });
}
