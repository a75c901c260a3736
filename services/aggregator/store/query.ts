import type { Database } from '../../../runtime/database.ts';

type Value = string | number | Uint8Array | null;

/** A prepared statement and the shape of the rows it returns. */
export interface Query<Row> {
  get(...values: readonly Value[]): Row | undefined;
  all(...values: readonly Value[]): Row[];
  /** Runs the statement and returns how many rows it changed. */
  run(...values: readonly Value[]): number;
}

/** Prepares a statement once; `Row` must name the columns that its SELECT returns. */
export function query<Row = never>(database: Database, sql: string): Query<Row> {
  const statement = database.prepare(sql);
  return {
    // The casts hold because the tables are STRICT and `Row` repeats the columns of the SELECT beside it. Values go
    // in as one array: libsql reads a single null argument as an object of names.
    get: (...values) => statement.get([...values]) as Row | undefined,
    all: (...values) => statement.all([...values]) as Row[],
    run: (...values) => statement.run([...values]).changes,
  };
}

/** JSON of a column that may be NULL. */
export function fromJson<Value>(text: string | null): Value | undefined {
  // What stands in such a column was checked against its schema when it came in.
  return text === null ? undefined : (JSON.parse(text) as Value);
}

export function toJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
