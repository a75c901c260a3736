import type { Database } from '../../../runtime/database.ts';

/** A waveform block as it arrived; its samples stand in the samples file. */
export interface BlockRow {
  readonly timestampMs: number;
  /** From 0 among blocks of the same signal and sourceTimestamp. */
  readonly position: number;
  /** Byte offset in the samples file. */
  readonly offset: number;
  /** Samples of the block. */
  readonly length: number;
  readonly good: boolean;
  /** When it was received, by this machine's clock. */
  readonly arrivedMs: number;
}

/** The value of a context signal that is valid at a time. */
export interface ContextValue {
  readonly timestampMs: number;
  readonly value: number | string | boolean;
  readonly good: boolean;
}

/** The schema of a journal's index. */
export const JOURNAL_MIGRATIONS = [
  `CREATE TABLE block (
     id INTEGER PRIMARY KEY, signal TEXT NOT NULL, timestamp_ms REAL NOT NULL, position INTEGER NOT NULL,
     "offset" INTEGER NOT NULL, length INTEGER NOT NULL, good INTEGER NOT NULL, arrived_ms REAL NOT NULL,
     UNIQUE (signal, timestamp_ms, position));
   CREATE TABLE context (
     id INTEGER PRIMARY KEY, signal TEXT NOT NULL, timestamp_ms REAL NOT NULL, value TEXT NOT NULL,
     good INTEGER NOT NULL, UNIQUE (signal, timestamp_ms));
   CREATE TABLE gap (
     id INTEGER PRIMARY KEY, signal TEXT NOT NULL, from_ms REAL NOT NULL, to_ms REAL NOT NULL, cause TEXT NOT NULL,
     UNIQUE (signal, from_ms, to_ms, cause));`,
  `CREATE TABLE label_correction (
     id INTEGER PRIMARY KEY, request TEXT NOT NULL UNIQUE, waveform TEXT NOT NULL, label_signal TEXT NOT NULL,
     "offset" INTEGER NOT NULL, length INTEGER NOT NULL, timestamp_ms REAL NOT NULL, label TEXT NOT NULL,
     corrected_ms REAL NOT NULL);
   CREATE INDEX label_correction_of_windows ON label_correction (waveform, label_signal, length);`,
];

const BYTES_PER_SAMPLE = Float32Array.BYTES_PER_ELEMENT;

/** The statements of a journal, prepared once. */
export function prepareStatements(database: Database) {
  const late = (table: string, time: string) =>
    `SELECT 1 FROM ${table} WHERE id > ? AND ${time} <= ? AND signal IN (SELECT value FROM json_each(?)) LIMIT 1`;
  const blockColumns = 'timestamp_ms, position, "offset", length, good, arrived_ms';
  return {
    end: database.prepare(`SELECT max("offset" + length * ${BYTES_PER_SAMPLE}) FROM block`),
    deleteBeyond: database.prepare(`DELETE FROM block WHERE "offset" + length * ${BYTES_PER_SAMPLE} > ?`),
    latest: database.prepare(
      `SELECT signal, max(timestamp_ms) AS timestamp_ms FROM context GROUP BY signal
       UNION ALL SELECT signal, max(timestamp_ms) AS timestamp_ms FROM block GROUP BY signal`,
    ),
    insertBlock: database.prepare(
      `INSERT INTO block (signal, timestamp_ms, position, "offset", length, good, arrived_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    insertContext: database.prepare(
      'INSERT OR IGNORE INTO context (signal, timestamp_ms, value, good) VALUES (?, ?, ?, ?)',
    ),
    insertGap: database.prepare(
      'INSERT OR IGNORE INTO gap (signal, from_ms, to_ms, cause) VALUES (?, ?, ?, ?)',
    ),
    blocksAt: database.prepare(
      `SELECT ${blockColumns} FROM block WHERE signal = ? AND timestamp_ms = ? ORDER BY position`,
    ),
    blocksAfter: database.prepare(
      `SELECT ${blockColumns} FROM block WHERE signal = ? AND (timestamp_ms, position) > (?, ?)
       ORDER BY timestamp_ms, position LIMIT ?`,
    ),
    contextAt: database.prepare(
      `SELECT timestamp_ms, value, good FROM context WHERE signal = ? AND timestamp_ms <= ?
       ORDER BY timestamp_ms DESC LIMIT 1`,
    ),
    firstWithValue: database.prepare(
      `SELECT timestamp_ms FROM context WHERE signal = ? AND value = ? AND timestamp_ms > ? AND timestamp_ms <= ?
       ORDER BY timestamp_ms LIMIT 1`,
    ),
    everHad: database.prepare('SELECT 1 FROM context WHERE signal = ? AND value = ? AND good = 1 LIMIT 1'),
    hasGap: database.prepare(
      'SELECT 1 FROM gap WHERE signal = ? AND from_ms < ? AND to_ms > ? AND cause LIKE ? LIMIT 1',
    ),
    insertCorrection: database.prepare(
      `INSERT OR IGNORE INTO label_correction
       (request, waveform, label_signal, "offset", length, timestamp_ms, label, corrected_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    correction: database.prepare(
      'SELECT "offset", timestamp_ms, label FROM label_correction WHERE request = ?',
    ),
    corrections: database.prepare(
      `SELECT "offset", label FROM label_correction WHERE waveform = ? AND label_signal = ? AND length = ?
       ORDER BY id`,
    ),
    mark: database.prepare(
      `SELECT (SELECT max(id) FROM block) AS block, (SELECT max(id) FROM context) AS context,
              (SELECT max(id) FROM gap) AS gap, (SELECT max(id) FROM label_correction) AS correction`,
    ),
    lateBlock: database.prepare(late('block', 'timestamp_ms')),
    lateContext: database.prepare(late('context', 'timestamp_ms')),
    lateGap: database.prepare(late('gap', 'from_ms')),
    lateCorrection: database.prepare(
      `SELECT 1 FROM label_correction WHERE id > ? AND timestamp_ms <= ?
       AND waveform IN (SELECT value FROM json_each(?)) LIMIT 1`,
    ),
  };
}

/** The only column of a row. */
export function firstValue(row: unknown): unknown {
  return typeof row === 'object' && row !== null ? Object.values(row)[0] : undefined;
}

/** A row of the block table. */
export function blockRow(row: unknown): BlockRow {
  // The columns are those of `blockColumns`.
  const columns = row as Record<
    'timestamp_ms' | 'position' | 'offset' | 'length' | 'good' | 'arrived_ms',
    number
  >;
  return {
    timestampMs: columns.timestamp_ms,
    position: columns.position,
    offset: columns.offset,
    length: columns.length,
    good: columns.good === 1,
    arrivedMs: columns.arrived_ms,
  };
}

/** A row of the context table; undefined for none. */
export function contextValue(row: unknown): ContextValue | undefined {
  if (row === undefined || row === null) return undefined;
  // The columns are those of `contextAt`.
  const columns = row as { timestamp_ms: number; value: string; good: number };
  return {
    timestampMs: columns.timestamp_ms,
    value: JSON.parse(columns.value) as ContextValue['value'],
    good: columns.good === 1,
  };
}
