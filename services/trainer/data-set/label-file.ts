import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { parseCsv } from '../../../connectors/recording/parse-csv.ts';
import { CodedError, describeError, type Fault, toCodedError } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';

/** A row of a label file: a label that holds from one time until another. */
export interface LabelRow {
  readonly fromMs: number;
  /** Not included. */
  readonly toMs: number;
  readonly label: string;
}

const COLUMNS = ['from', 'to', 'label'] as const;

/** Labels that a site keeps in a CSV file, followed while it changes. */
export class LabelFile {
  readonly #path: string;
  /** By begin, without overlaps. */
  #rows: readonly LabelRow[] = [];
  #version = '';
  #revision = 0;
  #fault: CodedError | undefined;

  /** @param path of the file; it need not be there yet. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Grows with every change of the labels. */
  get revision(): number {
    return this.#revision;
  }

  /** Why the file as it is now cannot be used; the labels are then those of before. */
  get fault(): CodedError | undefined {
    return this.#fault;
  }

  /** Reads the file if it has changed. */
  async refresh(): Promise<void> {
    try {
      const { mtimeMs, size, ino } = await stat(this.#path);
      const version = `${mtimeMs} ${size} ${ino}`;
      if (version === this.#version) return;
      this.#rows = await readLabelRows(this.#path);
      this.#version = version;
      this.#revision += 1;
      this.#fault = undefined;
    } catch (thrown) {
      this.#fault = isAbsent(thrown)
        ? new CodedError('E_FILE_NOT_FOUND', `there is no label file ${this.#path}`, { cause: thrown })
        : toCodedError(thrown);
    }
  }

  /** The label that holds at a time; undefined where the file says nothing. */
  labelAt(timeMs: number): string | undefined {
    const row = this.#rows[this.#firstAfter(timeMs) - 1];
    return row !== undefined && timeMs < row.toMs ? row.label : undefined;
  }

  /** The times after one and until another at which a label begins or ends. */
  changesBetween(fromMs: number, toMs: number): readonly number[] {
    const changes: number[] = [];
    for (let index = Math.max(0, this.#firstAfter(fromMs) - 1); index < this.#rows.length; index += 1) {
      const row = this.#rows[index];
      if (row === undefined || row.fromMs > toMs) break;
      changes.push(...[row.fromMs, row.toMs].filter((timeMs) => timeMs > fromMs && timeMs <= toMs));
    }
    return changes;
  }

  /** Index of the first row that begins after a time. */
  #firstAfter(timeMs: number): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rows[middle]?.fromMs ?? 0) <= timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * Reads the rows of a label file, by begin: columns `from`, `to` and `label`, times as ISO 8601 or milliseconds since
 * 1970; without `to` a row holds until the next one begins.
 * @throws CodedError `E_INVALID_INPUT` naming every line that is wrong.
 */
export async function readLabelRows(path: string): Promise<readonly LabelRow[]> {
  const faults: Fault[] = [];
  const rows: (LabelRow & { line: number })[] = [];
  let places: readonly number[] | undefined;
  for await (const records of parseCsv(createReadStream(path, 'utf8'))) {
    for (const { line, fields } of records) {
      if (places === undefined) {
        places = COLUMNS.map((column) => fields.map((field) => field.trim()).indexOf(column));
        if (places.includes(-1)) {
          faults.push({ path: `line ${line}`, message: `must have the columns ${COLUMNS.join(', ')}` });
          throw refused(path, faults);
        }
        continue;
      }
      const [from = '', to = '', label = ''] = places.map((place) => (fields[place] ?? '').trim());
      const fromMs = readTime(from);
      const toMs = to === '' ? Number.POSITIVE_INFINITY : readTime(to);
      if (fromMs === undefined) faults.push({ path: `line ${line}, from`, message: 'must be a time' });
      if (toMs === undefined) faults.push({ path: `line ${line}, to`, message: 'must be a time, or empty' });
      if (fromMs === undefined || toMs === undefined) continue;
      if (toMs <= fromMs) faults.push({ path: `line ${line}, to`, message: 'must be later than from' });
      else rows.push({ line, fromMs, toMs, label });
    }
  }
  rows.sort((a, b) => a.fromMs - b.fromMs);
  const ended = rows.map((row, index) => {
    const next = rows[index + 1];
    if (next === undefined || next.fromMs >= row.toMs) return row;
    if (row.toMs === Number.POSITIVE_INFINITY && next.fromMs > row.fromMs)
      return { ...row, toMs: next.fromMs };
    faults.push({
      path: `line ${next.line}, from`,
      message: `must not be before the end of line ${row.line}`,
    });
    return row;
  });
  if (faults.length > 0) throw refused(path, faults);
  return ended.map(({ fromMs, toMs, label }) => ({ fromMs, toMs, label }));
}

/** Milliseconds since 1970, or ISO 8601 with its zone: without one nobody knows which time it is. */
function readTime(text: string): number | undefined {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (!/^\d{4}-\d{2}-\d{2}[T ].*(Z|[+-]\d{2}:?\d{2})$/.test(text)) return undefined;
  const timeMs = Date.parse(text.replace(' ', 'T'));
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

function refused(path: string, faults: readonly Fault[]): CodedError {
  return new CodedError('E_INVALID_INPUT', `the label file ${path} has faults`, { faults });
}

function isAbsent(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ENOENT';
}

const REFRESH_INTERVAL_MS = 1_000;

/** Reads a label file now and then once a second, and says in the log what became of it. */
export async function followLabels(labels: LabelFile, log: Log): Promise<{ close(): void }> {
  let revision = 0;
  let fault: string | undefined;
  const refresh = async () => {
    await labels.refresh();
    if (labels.revision !== revision) log.info({ event: 'labels.read', revision: labels.revision });
    revision = labels.revision;
    const now = labels.fault === undefined ? undefined : describeError(labels.fault);
    if (now !== undefined && now !== fault)
      log.warn({ event: 'labels.refused', code: labels.fault?.code }, now);
    fault = now;
  };
  await refresh();
  const timer = setInterval(() => void refresh(), REFRESH_INTERVAL_MS).unref();
  return { close: () => clearInterval(timer) };
}
