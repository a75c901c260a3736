import type { Gap, GapCause } from '../../../connectors/connector.ts';
import type { Database } from '../../../runtime/database.ts';
import type { SourceTime } from './source-time.ts';

/** A waveform block; its samples stand in the samples file, or are computed. */
export interface BlockRow extends SourceTime {
  /** From 0 among blocks of the same signal and sourceTimestamp. */
  readonly position: number;
  /** Byte offset of its first sample. */
  readonly offset: number;
  /** Samples of the block. */
  readonly length: number;
  readonly good: boolean;
  /** When it was received, by this machine's clock. */
  readonly arrivedMs: number;
}

/** The value of a context signal that is valid at a time. */
export interface ContextValue extends SourceTime {
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
  `ALTER TABLE block RENAME TO block_before;
   CREATE TABLE block (
     id INTEGER PRIMARY KEY, signal TEXT NOT NULL, epoch INTEGER NOT NULL, timestamp_ms REAL NOT NULL,
     position INTEGER NOT NULL, "offset" INTEGER NOT NULL, length INTEGER NOT NULL, good INTEGER NOT NULL,
     arrived_ms REAL NOT NULL, UNIQUE (signal, epoch, timestamp_ms, position));
   INSERT INTO block SELECT id, signal, 0, timestamp_ms, position, "offset", length, good, arrived_ms FROM block_before;
   DROP TABLE block_before;
   ALTER TABLE context RENAME TO context_before;
   CREATE TABLE context (
     id INTEGER PRIMARY KEY, signal TEXT NOT NULL, epoch INTEGER NOT NULL, timestamp_ms REAL NOT NULL,
     value TEXT NOT NULL, good INTEGER NOT NULL, UNIQUE (signal, epoch, timestamp_ms));
   INSERT INTO context SELECT id, signal, 0, timestamp_ms, value, good FROM context_before;
   DROP TABLE context_before;
   ALTER TABLE gap RENAME TO gap_before;
   CREATE TABLE gap (
     id TEXT NOT NULL PRIMARY KEY, revision INTEGER NOT NULL UNIQUE, signal TEXT NOT NULL, epoch INTEGER NOT NULL,
     from_ms REAL NOT NULL, to_ms REAL NOT NULL, cause TEXT NOT NULL, filled INTEGER NOT NULL,
     changed_from_ms REAL NOT NULL);
   CREATE INDEX gap_of_signal ON gap (signal, filled);
   INSERT INTO gap SELECT 'before-' || id, id, signal, 0, from_ms, to_ms, cause, 0, from_ms FROM gap_before;
   DROP TABLE gap_before;
   ALTER TABLE label_correction ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
   CREATE TABLE taken (one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), segment INTEGER NOT NULL, "offset" INTEGER NOT NULL);`,
];

const BYTES_PER_SAMPLE = Float32Array.BYTES_PER_ELEMENT;

/** The statements of a journal, prepared once. */
export function prepareStatements(database: Database) {
  const late = (table: string) =>
    `SELECT 1 FROM ${table} WHERE id > ? AND (epoch, timestamp_ms) <= (?, ?)
     AND signal IN (SELECT value FROM json_each(?)) LIMIT 1`;
  const blockColumns = 'epoch, timestamp_ms, position, "offset", length, good, arrived_ms';
  const gapColumns = 'id, signal, epoch, from_ms, to_ms, cause, filled';
  const nextSignal = (table: string) => `SELECT min(signal) FROM ${table} WHERE signal > ?`;
  const newestOf = (table: string) =>
    `SELECT epoch, timestamp_ms FROM ${table} WHERE signal = ? ORDER BY epoch DESC, timestamp_ms DESC LIMIT 1`;
  return {
    end: database.prepare(`SELECT max("offset" + length * ${BYTES_PER_SAMPLE}) FROM block`),
    deleteBeyond: database.prepare(`DELETE FROM block WHERE "offset" + length * ${BYTES_PER_SAMPLE} > ?`),
    // From name to name, since a table of very many rows has few signals.
    latest: ['block', 'context'].map((table) => ({
      nextSignal: database.prepare(nextSignal(table)),
      newestOf: database.prepare(newestOf(table)),
    })),
    insertBlock: database.prepare(
      `INSERT INTO block (signal, epoch, timestamp_ms, position, "offset", length, good, arrived_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    insertContext: database.prepare(
      'INSERT OR IGNORE INTO context (signal, epoch, timestamp_ms, value, good) VALUES (?, ?, ?, ?, ?)',
    ),
    // What only grew changes nothing before its former end.
    putGap: database.prepare(
      `INSERT INTO gap (${gapColumns}, revision, changed_from_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(revision), 0) + 1 FROM gap), ?)
       ON CONFLICT (id) DO UPDATE SET
         changed_from_ms = CASE
           WHEN from_ms = excluded.from_ms AND cause = excluded.cause AND filled = excluded.filled
             AND excluded.to_ms > to_ms THEN to_ms
           ELSE min(from_ms, excluded.from_ms) END,
         signal = excluded.signal, epoch = excluded.epoch, from_ms = excluded.from_ms, to_ms = excluded.to_ms,
         cause = excluded.cause, filled = excluded.filled, revision = excluded.revision
       WHERE (from_ms, to_ms, cause, filled) <> (excluded.from_ms, excluded.to_ms, excluded.cause, excluded.filled)`,
    ),
    unfilled: database.prepare(
      'SELECT epoch, from_ms, to_ms, cause FROM gap WHERE signal = ? AND filled = 0',
    ),
    gapSummary: database.prepare(
      `SELECT cause, count(*) AS rows, sum(filled = 0) AS unfilled,
              sum(CASE filled WHEN 0 THEN max(to_ms - from_ms, 0) ELSE 0 END) AS unfilled_ms
       FROM gap GROUP BY cause ORDER BY cause`,
    ),
    newestGaps: database.prepare(
      `SELECT ${gapColumns} FROM gap ORDER BY epoch DESC, from_ms DESC, id LIMIT ?`,
    ),
    taken: database.prepare('SELECT segment, "offset" FROM taken'),
    take: database.prepare('INSERT OR REPLACE INTO taken (one, segment, "offset") VALUES (1, ?, ?)'),
    blocksAt: database.prepare(
      `SELECT ${blockColumns} FROM block WHERE signal = ? AND epoch = ? AND timestamp_ms = ? ORDER BY position`,
    ),
    blocksAfter: database.prepare(
      `SELECT ${blockColumns} FROM block WHERE signal = ? AND (epoch, timestamp_ms, position) > (?, ?, ?)
       ORDER BY epoch, timestamp_ms, position LIMIT ?`,
    ),
    blockAtOrBefore: database.prepare(
      `SELECT ${blockColumns} FROM block WHERE signal = ? AND epoch = ? AND timestamp_ms <= ?
       ORDER BY timestamp_ms DESC, position DESC LIMIT 1`,
    ),
    contextAt: database.prepare(
      `SELECT epoch, timestamp_ms, value, good FROM context WHERE signal = ? AND (epoch, timestamp_ms) <= (?, ?)
       ORDER BY epoch DESC, timestamp_ms DESC LIMIT 1`,
    ),
    contextBefore: database.prepare(
      `SELECT epoch, timestamp_ms, value, good FROM context WHERE signal = ? AND (epoch, timestamp_ms) < (?, ?)
       ORDER BY epoch DESC, timestamp_ms DESC LIMIT 1`,
    ),
    contextAfter: database.prepare(
      `SELECT epoch, timestamp_ms, value, good FROM context WHERE signal = ? AND (epoch, timestamp_ms) > (?, ?)
       ORDER BY epoch, timestamp_ms LIMIT ?`,
    ),
    firstWithValue: database.prepare(
      `SELECT epoch, timestamp_ms FROM context WHERE signal = ? AND value = ?
       AND (epoch, timestamp_ms) > (?, ?) AND (epoch, timestamp_ms) <= (?, ?)
       ORDER BY epoch, timestamp_ms LIMIT 1`,
    ),
    everHad: database.prepare('SELECT 1 FROM context WHERE signal = ? AND value = ? AND good = 1 LIMIT 1'),
    insertCorrection: database.prepare(
      `INSERT OR IGNORE INTO label_correction
       (request, waveform, label_signal, "offset", epoch, length, timestamp_ms, label, corrected_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    correction: database.prepare(
      'SELECT "offset", epoch, timestamp_ms, label FROM label_correction WHERE request = ?',
    ),
    corrections: database.prepare(
      `SELECT "offset", epoch, label FROM label_correction WHERE waveform = ? AND label_signal = ? AND length = ?
       ORDER BY id`,
    ),
    mark: database.prepare(
      `SELECT (SELECT max(id) FROM block) AS block, (SELECT max(id) FROM context) AS context,
              (SELECT max(revision) FROM gap) AS gap, (SELECT max(id) FROM label_correction) AS correction`,
    ),
    lateBlock: database.prepare(late('block')),
    lateContext: database.prepare(late('context')),
    // An interval is open: what lies on its begin is as before.
    lateGap: database.prepare(
      `SELECT 1 FROM gap WHERE revision > ? AND (epoch, changed_from_ms) < (?, ?)
       AND signal IN (SELECT value FROM json_each(?)) LIMIT 1`,
    ),
    lateCorrection: database.prepare(
      `SELECT 1 FROM label_correction WHERE id > ? AND (epoch, timestamp_ms) <= (?, ?)
       AND waveform IN (SELECT value FROM json_each(?)) LIMIT 1`,
    ),
    checkpoint: database.prepare('PRAGMA wal_checkpoint(PASSIVE)'),
  };
}

/** The only column of a row. */
export function firstValue(row: unknown): unknown {
  return typeof row === 'object' && row !== null ? Object.values(row)[0] : undefined;
}

/** The time of a row. */
export function sourceTime(row: unknown): SourceTime | undefined {
  if (row === undefined || row === null) return undefined;
  const { epoch, timestamp_ms } = row as { epoch: number; timestamp_ms: number };
  return { epoch, timestampMs: timestamp_ms };
}

/** A row of the block table. */
export function blockRow(row: unknown): BlockRow {
  // The columns are those of `blockColumns`.
  const columns = row as Record<
    'epoch' | 'timestamp_ms' | 'position' | 'offset' | 'length' | 'good' | 'arrived_ms',
    number
  >;
  return {
    epoch: columns.epoch,
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
  const columns = row as { epoch: number; timestamp_ms: number; value: string; good: number };
  return {
    epoch: columns.epoch,
    timestampMs: columns.timestamp_ms,
    value: JSON.parse(columns.value) as ContextValue['value'],
    good: columns.good === 1,
  };
}

/** A row of the gap table. */
export function gapRow(row: unknown): Gap {
  // The columns are those of `gapColumns`.
  const columns = row as {
    id: string;
    signal: string;
    epoch: number;
    from_ms: number;
    to_ms: number;
    cause: GapCause;
    filled: number;
  };
  return {
    id: columns.id,
    signal: columns.signal,
    epoch: columns.epoch,
    fromMs: columns.from_ms,
    toMs: columns.to_ms,
    cause: columns.cause,
    filled: columns.filled === 1,
  };
}
