import { createReadStream } from 'node:fs';
import { invalidRecording } from './invalid-recording.ts';
import { type CsvRecord, parseCsv } from './parse-csv.ts';

/** A run of rows of one column. */
export interface ColumnRange {
  /** Name in the header, or the column's number from 1 where there is none; the only numeric one if absent. */
  readonly column?: string;
  /** First row, from 0, the header not counted. */
  readonly firstRow: number;
  /** How many rows; to the end of the file if absent. */
  readonly rows?: number;
}

/** Samples to begin with; a manifest may claim more rows than there are. */
const INITIAL_CAPACITY = 4096;

interface Reading {
  readonly index: number;
  readonly firstRow: number;
  readonly rows: number | undefined;
  samples: Float32Array;
  length: number;
}

/**
 * Reads ranges of a CSV file in one pass and yields their samples in the order asked for. Memory holds the ranges that
 * are begun and not yet yielded, not the file.
 * @throws CodedError `E_INVALID_RECORDING` with the file and the line.
 */
export async function* readCsv(path: string, ranges: readonly ColumnRange[]): AsyncGenerator<Float32Array> {
  let readings: Reading[] | undefined;
  let row = 0;
  let next = 0;
  let lastLine = 1;
  for await (const batch of parseCsv(createReadStream(path, 'utf8'))) {
    let records = batch;
    if (readings === undefined) {
      const layout = layoutOf(path, batch);
      readings = ranges.map((range) => ({
        index: layout.indexOf(range.column),
        firstRow: range.firstRow,
        rows: range.rows,
        samples: new Float32Array(Math.min(range.rows ?? INITIAL_CAPACITY, INITIAL_CAPACITY)),
        length: 0,
      }));
      records = batch.slice(layout.headerRows);
    }
    for (const record of records) {
      for (let index = next; index < readings.length; index += 1) {
        const reading = readings[index]!;
        if (row < reading.firstRow || (reading.rows !== undefined && reading.length === reading.rows))
          continue;
        append(reading, numberAt(path, record, reading.index));
      }
      row += 1;
      lastLine = record.line;
    }
    for (let head = readings[next]; head !== undefined && head.length === head.rows; head = readings[next]) {
      yield head.samples.slice(0, head.length);
      head.samples = new Float32Array(0);
      next += 1;
    }
  }
  for (const reading of (readings ?? []).slice(next)) {
    if (reading.length === 0 || (reading.rows !== undefined && reading.length < reading.rows)) {
      const expected =
        reading.rows === undefined ? 'any' : `rows ${reading.firstRow} to ${reading.firstRow + reading.rows}`;
      throw invalidRecording(path, lastLine, `ends after ${row} rows, the manifest expects ${expected}`);
    }
    yield reading.samples.slice(0, reading.length);
  }
  if (readings === undefined) throw invalidRecording(path, 1, 'is empty');
}

interface Layout {
  readonly headerRows: 0 | 1;
  indexOf(column: string | undefined): number;
}

/** Finds out from the first records whether there is a header and which columns hold numbers. */
function layoutOf(path: string, records: readonly CsvRecord[]): Layout {
  const first = records[0]?.fields ?? [];
  const headerRows = first.every(isNumber) ? 0 : 1;
  const names =
    headerRows === 1 ? first.map((name) => name.trim()) : first.map((_, index) => String(index + 1));
  // A header that came alone in its chunk says nothing of its columns: all of them are candidates.
  const sample = records[headerRows]?.fields;
  const numeric = names.filter((_, index) => sample === undefined || isNumber(sample[index] ?? ''));
  return {
    headerRows,
    indexOf: (column) => {
      if (column === undefined && numeric.length !== 1) {
        const found = `has ${numeric.length} columns of numbers (${numeric.join(', ')})`;
        const help = 'a recording is one column of numbers: name it in the column "column" of the manifest';
        throw invalidRecording(path, 1, `${found}; ${help}`);
      }
      const name = column ?? numeric[0] ?? '';
      const index = names.indexOf(name);
      if (index === -1) throw invalidRecording(path, 1, `has no column "${name}", only ${names.join(', ')}`);
      return index;
    },
  };
}

function isNumber(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text));
}

function numberAt(path: string, record: CsvRecord, index: number): number {
  const text = record.fields[index] ?? '';
  const value = Number(text);
  if (!Number.isFinite(value) || text.trim() === '') {
    throw invalidRecording(path, record.line, `field ${index + 1} is not a number`);
  }
  return value;
}

function append(reading: Reading, value: number): void {
  if (reading.length === reading.samples.length) {
    const larger = new Float32Array(reading.samples.length * 2);
    larger.set(reading.samples);
    reading.samples = larger;
  }
  reading.samples[reading.length] = value;
  reading.length += 1;
}
