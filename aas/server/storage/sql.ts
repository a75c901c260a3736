import { type Database, inTransaction, openDatabase } from '../../../runtime/database.ts';

type Value = string | number | null;
type Statement = ReturnType<typeof prepare>;

function prepare(database: Database, text: string) {
  return database.prepare<unknown[]>(text);
}

/** A database with its statements prepared once, and results typed at the call. */
export class Sql {
  readonly #database: Database;
  readonly #statements = new Map<string, Statement>();

  constructor(file: string, migrations: readonly string[]) {
    this.#database = openDatabase(file, migrations);
  }

  /** @typeParam Row the columns that `text` selects; the statement and the type stand side by side at each call. */
  all<Row>(text: string, ...values: readonly Value[]): Row[] {
    return this.#prepare(text).all(...values) as Row[];
  }

  get<Row>(text: string, ...values: readonly Value[]): Row | undefined {
    return this.#prepare(text).get(...values) as Row | undefined;
  }

  /** @returns how many rows changed, and the number of the last one that was inserted. */
  run(text: string, ...values: readonly Value[]): { readonly changes: number; readonly rowId: number } {
    const result = this.#prepare(text).run(...values);
    return { changes: result.changes, rowId: Number(result.lastInsertRowid) };
  }

  /** Runs `work` as one transaction: all of it or nothing. It must be synchronous; calls do not nest. */
  transaction<Result>(work: () => Result): Result {
    return inTransaction(this.#database, work);
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(text: string): Statement {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = prepare(this.#database, text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}
