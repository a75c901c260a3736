import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { inTransaction, openDatabase } from '../../runtime/database.ts';
import { syncFile } from '../../runtime/sync-file.ts';
import type { Gap, GapCause, ResumePoint } from '../connector.ts';

const FILE = 'ledger.sqlite';

const MIGRATIONS = [
  `CREATE TABLE gap (
     id TEXT PRIMARY KEY, signal TEXT NOT NULL, epoch INTEGER NOT NULL, from_ms REAL NOT NULL, to_ms REAL NOT NULL,
     cause TEXT NOT NULL, filled INTEGER NOT NULL) WITHOUT ROWID;
   CREATE INDEX gap_unfilled ON gap (from_ms) WHERE filled = 0;
   CREATE TABLE newest (signal TEXT PRIMARY KEY, epoch INTEGER NOT NULL, timestamp_ms REAL NOT NULL) WITHOUT ROWID;
   CREATE TABLE indexed (one INTEGER PRIMARY KEY CHECK (one = 1), segment INTEGER NOT NULL) WITHOUT ROWID;
   INSERT INTO indexed VALUES (1, 0);`,
];

interface GapRow {
  readonly id: string;
  readonly signal: string;
  readonly epoch: number;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly cause: GapCause;
  readonly filled: number;
}

/**
 * The index of a store in SQLite: the gap ledger and the newest of each signal. The segments are what is true; the
 * index of a segment is complete once `setIndexed` was committed, and is made again from the segment until then.
 */
export class Ledger {
  readonly #database: Database.Database;
  readonly #folder: string;
  readonly #statements: ReturnType<typeof prepare>;

  /** @throws CodedError `E_DISK_FULL` */
  constructor(folder: string) {
    this.#folder = folder;
    this.#database = openDatabase(join(folder, FILE), MIGRATIONS);
    // What a power cut takes is made again from the segments; a sync at each commit would hold up what comes in.
    this.#database.pragma('synchronous = NORMAL');
    this.#statements = prepare(this.#database);
  }

  /** The number of the last segment of which all is in the index; 0 for none. */
  get indexedSegment(): number {
    return (this.#statements.indexed.get() as { segment: number }).segment;
  }

  /** Stores rows of the ledger in one transaction. @throws CodedError `E_DISK_FULL` */
  putGaps(gaps: readonly Gap[]): void {
    if (gaps.length === 0) return;
    inTransaction(this.#database, () => this.#putGaps(gaps));
  }

  /** Notes that all of the segments until one is in the index, with the newest of each signal then. @throws CodedError `E_DISK_FULL` */
  setIndexed(segment: number, newest: ReadonlyMap<string, ResumePoint>): void {
    inTransaction(this.#database, () => {
      for (const [signal, { epoch, sourceTimestampMs }] of newest) {
        this.#statements.putNewest.run(signal, epoch, sourceTimestampMs);
      }
      this.#statements.setIndexed.run(segment);
    });
  }

  newest(): Map<string, ResumePoint> {
    const rows = this.#statements.newest.all() as { signal: string; epoch: number; timestamp_ms: number }[];
    return new Map(
      rows.map(({ signal, epoch, timestamp_ms }) => [signal, { epoch, sourceTimestampMs: timestamp_ms }]),
    );
  }

  unfilledGaps(): Gap[] {
    return (this.#statements.unfilled.all() as GapRow[]).map(gapOf);
  }

  /** Makes what was committed safe from a power cut, off the event loop. */
  async sync(): Promise<void> {
    const log = join(this.#folder, `${FILE}-wal`);
    if (existsSync(log)) await syncFile(log);
  }

  close(): void {
    this.#database.close();
  }

  #putGaps(gaps: readonly Gap[]): void {
    for (const { id, signal, epoch, fromMs, toMs, cause, filled } of gaps) {
      this.#statements.putGap.run(id, signal, epoch ?? 0, fromMs, toMs, cause, filled ? 1 : 0);
    }
  }
}

/** All rows of a store's ledger by the begin of their interval, read without changing anything. */
export function readGaps(folder: string): Gap[] {
  const file = join(folder, FILE);
  if (!existsSync(file)) return [];
  const database = new Database(file, { readonly: true });
  try {
    return (database.prepare('SELECT * FROM gap ORDER BY from_ms, id').all() as GapRow[]).map(gapOf);
  } finally {
    database.close();
  }
}

function prepare(database: Database.Database) {
  return {
    putGap: database.prepare(
      `INSERT INTO gap (id, signal, epoch, from_ms, to_ms, cause, filled) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET signal = excluded.signal, epoch = excluded.epoch, from_ms = excluded.from_ms,
         to_ms = excluded.to_ms, cause = excluded.cause, filled = excluded.filled`,
    ),
    putNewest: database.prepare(
      `INSERT INTO newest (signal, epoch, timestamp_ms) VALUES (?, ?, ?)
       ON CONFLICT (signal) DO UPDATE SET epoch = excluded.epoch, timestamp_ms = excluded.timestamp_ms`,
    ),
    newest: database.prepare('SELECT signal, epoch, timestamp_ms FROM newest'),
    unfilled: database.prepare('SELECT * FROM gap WHERE filled = 0 ORDER BY from_ms, id'),
    indexed: database.prepare('SELECT segment FROM indexed'),
    setIndexed: database.prepare('UPDATE indexed SET segment = ?'),
  };
}

function gapOf(row: GapRow): Gap {
  return {
    id: row.id,
    signal: row.signal,
    fromMs: row.from_ms,
    toMs: row.to_ms,
    cause: row.cause,
    filled: row.filled === 1,
    epoch: row.epoch,
  };
}
