import { createReadStream, existsSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { CodedError, type Fault } from '../../runtime/errors.ts';
import { type CsvRecord, parseCsv } from './parse-csv.ts';

/** A row of a manifest: one recording, or one column or part of one. */
export interface ManifestRow {
  /** Line in manifest.csv, from 1. */
  readonly line: number;
  /** Path as the manifest gives it, relative to the folder. */
  readonly file: string;
  readonly path: string;
  readonly label: string;
  /** The manifest's `split`. */
  readonly lot: string;
  /** Of the file; one without is read unchecked. */
  readonly sha256?: string;
  /** Which column of a CSV file it is. */
  readonly column?: string;
  /** First row (or sample) of the recording that it is, from 0. */
  readonly firstRow?: number;
  /** How many rows (or samples) it has. */
  readonly rows?: number;
  /** Every column by name. */
  readonly values: ReadonlyMap<string, string>;
}

/** The rows that share a value of the grouping column: what one machine recorded. */
export interface ManifestGroup {
  /** The value with other characters than letters, digits, `_` and `-` replaced by `-`. */
  readonly id: string;
  readonly value: string;
  readonly rows: readonly ManifestRow[];
}

export interface Manifest {
  readonly folder: string;
  /** The column that made the groups. */
  readonly group: string;
  /** Sorted by id. */
  readonly groups: readonly ManifestGroup[];
  /** Every label of the groups, sorted. */
  readonly labels: readonly string[];
  readonly columns: readonly string[];
}

interface ManifestOptions {
  /** Column whose value makes a group. @defaultValue `client` */
  readonly group?: string;
  /** How many groups are kept, first in the order of their ids. @defaultValue all */
  readonly groups?: number;
}

const REQUIRED_COLUMNS = ['file', 'client', 'label', 'split'];
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/**
 * Reads the manifest.csv of a folder and checks all of it.
 * @throws CodedError `E_NO_MANIFEST`; `E_INVALID_MANIFEST` with every fault, its column and its line;
 * `E_INVALID_RECORDING` with the recordings that are not there.
 */
export async function readManifest(folder: string, options: ManifestOptions = {}): Promise<Manifest> {
  const manifestFile = join(folder, 'manifest.csv');
  if (!existsSync(manifestFile)) {
    throw new CodedError('E_NO_MANIFEST', `${folder} has no manifest.csv, which says what its files are`);
  }
  const group = options.group ?? 'client';
  const records: CsvRecord[] = [];
  for await (const batch of parseCsv(createReadStream(manifestFile, 'utf8'))) records.push(...batch);
  const faults: Fault[] = [];
  const columns = (records[0]?.fields ?? []).map((name) => name.trim());
  for (const name of new Set([...REQUIRED_COLUMNS, group])) {
    if (!columns.includes(name))
      faults.push({ path: name, line: 1, message: 'the manifest lacks this column' });
  }
  columns.forEach((name, index) => {
    if (columns.indexOf(name) !== index) faults.push({ path: name, line: 1, message: 'named twice' });
  });
  if (records.length < 2) faults.push({ path: '', line: 1, message: 'the manifest has no rows' });
  const rows =
    faults.length > 0 ? [] : records.slice(1).map((record) => rowOf(record, columns, folder, faults));
  refuseRepetition(rows, faults);
  const all = groupRows(rows, group, faults);
  if (faults.length > 0) {
    const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
    throw new CodedError('E_INVALID_MANIFEST', `${manifestFile} has ${count}`, { faults });
  }
  const groups = all.slice(0, options.groups ?? all.length);
  refuseMissingFiles(manifestFile, groups);
  const labels = [...new Set(groups.flatMap((one) => one.rows.map((row) => row.label)))].sort();
  return { folder, group, groups, labels, columns };
}

function rowOf(record: CsvRecord, columns: readonly string[], folder: string, faults: Fault[]): ManifestRow {
  const { line, fields } = record;
  const fault = (path: string, message: string) => faults.push({ path, line, message });
  if (fields.length !== columns.length) {
    fault('', `has ${fields.length} fields, the header has ${columns.length}`);
  }
  const values = new Map(columns.map((name, index) => [name, fields[index]?.trim() ?? '']));
  const text = (name: string) => values.get(name) ?? '';
  const file = text('file');
  const path = resolve(folder, file);
  const inside = relative(folder, path);
  if (file === '') fault('file', 'must name a file');
  else if (isAbsolute(file) || inside === '' || inside === '..' || inside.startsWith(`..${sep}`)) {
    fault('file', `"${file}" must lie inside the folder`);
  }
  if (text('label') === '') fault('label', 'must not be empty');
  const sha256 = text('sha256').toLowerCase();
  if (!/^([0-9a-f]{64})?$/.test(sha256)) fault('sha256', 'must be 64 hexadecimal digits or empty');
  const count = (name: string, minimum: number): number | undefined => {
    const value = text(name);
    if (value === '') return undefined;
    const number = Number(value);
    if (Number.isSafeInteger(number) && number >= minimum) return number;
    fault(name, `must be a whole number from ${minimum}`);
    return undefined;
  };
  const [firstRow, rows, column] = [count('first_row', 0), count('rows', 1), text('column')];
  return {
    line,
    file,
    path,
    label: text('label'),
    lot: text('split'),
    values,
    ...(sha256 === '' ? {} : { sha256 }),
    ...(column === '' ? {} : { column }),
    ...(firstRow === undefined ? {} : { firstRow }),
    ...(rows === undefined ? {} : { rows }),
  };
}

/** The same samples twice would be counted twice, and might be in a train and a test lot at once. */
function refuseRepetition(rows: readonly ManifestRow[], faults: Fault[]): void {
  const seen = new Map<string, number>();
  for (const row of rows) {
    const key = JSON.stringify([row.path, row.column, row.firstRow ?? 0]);
    const earlier = seen.get(key);
    if (earlier === undefined) seen.set(key, row.line);
    else faults.push({ path: 'file', line: row.line, message: `the same recording as in line ${earlier}` });
  }
}

function groupRows(rows: readonly ManifestRow[], column: string, faults: Fault[]): ManifestGroup[] {
  const groups = new Map<string, { id: string; value: string; rows: ManifestRow[] }>();
  for (const row of rows) {
    const value = row.values.get(column) ?? '';
    const id = value.replaceAll(/[^A-Za-z0-9_-]/g, '-');
    const known = groups.get(id);
    if (known !== undefined && known.value === value) known.rows.push(row);
    else if (known !== undefined) {
      const message = `"${value}" and "${known.value}" both become the id "${id}"`;
      faults.push({ path: column, line: row.line, message });
    } else {
      if (!ID.test(id)) {
        const message = `"${value}" cannot become an id: it must begin with a letter or digit, at most 64 characters`;
        faults.push({ path: column, line: row.line, message });
      }
      groups.set(id, { id, value, rows: [row] });
    }
  }
  return [...groups.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function refuseMissingFiles(manifestFile: string, groups: readonly ManifestGroup[]): void {
  const faults: Fault[] = groups
    .flatMap((one) => one.rows)
    .filter((row) => !existsSync(row.path))
    .map((row) => ({ path: row.file, line: row.line, message: 'the file does not exist' }));
  if (faults.length === 0) return;
  throw new CodedError('E_INVALID_RECORDING', `${manifestFile} names recordings that are not there`, {
    faults,
  });
}
