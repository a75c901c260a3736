import type { ManifestRow } from './manifest.ts';
import { openRecording } from './open-recording.ts';
import { resampled } from './resampled.ts';

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

/** A segment whose samples come piece by piece. */
export interface StreamedSegment extends Omit<Segment, 'samples'> {
  /** To be read once, before the next segment is asked for. */
  readonly chunks: AsyncIterable<Float32Array>;
}

interface StreamOptions {
  /** Number of the first segment that is wanted, from 1. @defaultValue 1 */
  readonly from?: number;
  /** Recordings of another rate are resampled to this one; one that does not say its rate is taken as it is. */
  readonly sampleRateHz?: number;
}

/** Columns of a manifest that say where the samples are, not under which conditions they were taken. */
const PLACE = ['file', 'sha256', 'column', 'first_row', 'rows'];

/**
 * The segments of a machine in the order of its manifest; rows of one file come together, where its first row stands,
 * so that the file is read once. Files are checked against their sha256 before anything of them is given. A WAV or numpy
 * file of any length needs the same memory.
 * @throws CodedError `E_INVALID_RECORDING` with the file and the line.
 */
export async function* streamSegments(
  rows: readonly ManifestRow[],
  { from = 1, sampleRateHz }: StreamOptions = {},
): AsyncGenerator<StreamedSegment> {
  let segment = 1;
  for (const rowsOfFile of rowsByFile(rows)) {
    const skipped = Math.min(rowsOfFile.length, Math.max(0, from - segment));
    const wanted = rowsOfFile.slice(skipped);
    segment += skipped;
    if (wanted.length === 0) continue;
    let index = 0;
    for await (const content of openRecording(rowsOfFile, wanted)) {
      const row = wanted[index]!;
      const place = { segment, label: row.label, lot: row.lot, context: contextOf(row) };
      yield { ...place, ...(sampleRateHz === undefined ? content : resampled(row, content, sampleRateHz)) };
      segment += 1;
      index += 1;
    }
  }
}

/**
 * The same with all samples of a segment at once.
 * @param from number of the first segment that is wanted, from 1.
 * @throws CodedError `E_INVALID_RECORDING` with the file and the line.
 */
export async function* readSegments(rows: readonly ManifestRow[], from = 1): AsyncGenerator<Segment> {
  for await (const { chunks, ...place } of streamSegments(rows, { from })) {
    yield { ...place, samples: await joinedChunks(chunks) };
  }
}

/** All samples of a streamed segment. */
export async function joinedChunks(chunks: AsyncIterable<Float32Array>): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  if (parts.length === 1) return parts[0]!;
  const samples = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    samples.set(part, position);
    position += part.length;
  }
  return samples;
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

/** Whether a column of a manifest is a condition of its recordings and so a signal. */
export function isContextColumn(name: string): boolean {
  return !PLACE.includes(name);
}
