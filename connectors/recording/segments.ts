import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
import { invalidRecording } from './invalid-recording.ts';
import type { ManifestRow } from './manifest.ts';
import { type ColumnRange, readCsv } from './read-csv.ts';
import { readWav } from './read-wav.ts';
import { verifyFile } from './verify-file.ts';

/** One recording or production cycle of a machine: what it measured while nothing changed. */
export interface Segment {
  /** From 1, in the order of play. */
  readonly segment: number;
  readonly label: string;
  readonly lot: string;
  /** Further values that held, by name; numbers where they are numbers. */
  readonly context: ReadonlyMap<string, number | string>;
  readonly sampleRateHz?: number;
  readonly samples: Float32Array;
}

/** Columns of a manifest that say where the samples are, not under which conditions they were taken. */
const PLACE = ['file', 'sha256', 'column', 'first_row', 'rows'];

/**
 * Reads the segments of a machine in the order of its manifest; rows of one CSV file come together, where its first
 * row stands, so that the file is read once. Files are checked against their sha256 before anything of them is given.
 * @param from number of the first segment that is wanted, from 1.
 * @throws CodedError `E_INVALID_RECORDING` with the file and the line.
 */
export async function* readSegments(rows: readonly ManifestRow[], from = 1): AsyncGenerator<Segment> {
  let segment = 1;
  for (const rowsOfFile of rowsByFile(rows)) {
    const skipped = Math.min(rowsOfFile.length, Math.max(0, from - segment));
    const wanted = rowsOfFile.slice(skipped);
    segment += skipped;
    if (wanted.length === 0) continue;
    let index = 0;
    for await (const content of readFileOf(rowsOfFile, wanted)) {
      const row = wanted[index]!;
      yield { segment, label: row.label, lot: row.lot, context: contextOf(row), ...content };
      segment += 1;
      index += 1;
    }
  }
}

function rowsByFile(rows: readonly ManifestRow[]): ManifestRow[][] {
  const files = new Map<string, ManifestRow[]>();
  for (const row of rows) {
    const known = files.get(row.path);
    if (known === undefined) files.set(row.path, [row]);
    else known.push(row);
  }
  return [...files.values()];
}

/**
 * The conditions of a recording: every column of the manifest that does not say where the samples are. A column with its unit as a suffix
 * (`load_pct`, `load_hp`) is known by its bare name too, and `rpm` is a `speed`.
 */
function contextOf(row: ManifestRow): ReadonlyMap<string, number | string> {
  const context = new Map<string, number | string>();
  for (const [name, text] of row.values) {
    if (PLACE.includes(name) || text === '') continue;
    const number = Number(text);
    context.set(name, Number.isFinite(number) ? number : text);
  }
  for (const [name, value] of [...context]) {
    const bare = name === 'rpm' ? 'speed' : /^(load|speed)_/.exec(name)?.[1];
    if (bare !== undefined && typeof value === 'number' && !context.has(bare)) context.set(bare, value);
  }
  return context;
}

type Content = Pick<Segment, 'sampleRateHz' | 'samples'>;

async function* readFileOf(
  rowsOfFile: readonly ManifestRow[],
  wanted: readonly ManifestRow[],
): AsyncGenerator<Content> {
  const first = wanted[0]!;
  const { lines } = await verifyFile(first);
  const extension = extname(first.file).toLowerCase();
  if (extension === '.csv') {
    let index = 0;
    for await (const samples of readCsv(first.path, rangesOf(rowsOfFile, wanted, lines))) {
      yield { samples, ...sampleRateOf(wanted[index]!) };
      index += 1;
    }
  } else if (extension === '.wav') {
    const wav = decodeWav(first, await readFile(first.path));
    const ranges = rangesOf(rowsOfFile, wanted, wav.samples.length);
    for (const { firstRow, rows } of ranges) {
      const samples = wav.samples.slice(firstRow, rows === undefined ? undefined : firstRow + rows);
      if (samples.length === 0)
        throw invalidRecording(first.file, first.line, 'has no samples where the row says');
      yield { samples, sampleRateHz: wav.sampleRateHz };
    }
  } else {
    throw invalidRecording(first.file, first.line, 'is neither a .wav nor a .csv file; those are supported');
  }
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

function decodeWav(row: ManifestRow, bytes: Uint8Array): ReturnType<typeof readWav> {
  try {
    return readWav(bytes);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new CodedError('E_INVALID_RECORDING', `the recording ${row.file} cannot be used`, {
      cause,
      faults: [{ path: row.file, line: row.line, message: cause.message }],
    });
  }
}

/** Whether a column of a manifest is a condition of its recordings and so a signal. */
export function isContextColumn(name: string): boolean {
  return !PLACE.includes(name);
}
