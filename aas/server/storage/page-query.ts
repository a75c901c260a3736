import type { PageRequest } from './page.ts';
import type { Sql } from './sql.ts';

/** Counting stops here: of two conditions that are both this common, either may lead. */
const LOOK_AT = 1000;

/** A condition of a list that an index answers in the order of the list. */
export interface ListCondition {
  /** Of the index: `name = ? AND value = ?`. */
  readonly own: string;
  readonly values: readonly string[];
  /** The table of the index where it is not the list's, with its column that holds the list's `seq`. */
  readonly index?: { readonly table: string; readonly column: string };
}

/**
 * The rows of a page, one more than the page has. The page is read from what the rarest condition finds, in the order of
 * its index and never sorted; the other conditions are looked up for each of its rows.
 * @param table of the list, in the order of its `seq`
 */
export function pageRows<Row>(
  sql: Sql,
  { columns, table }: { readonly columns: string; readonly table: string },
  conditions: readonly ListCondition[],
  page: PageRequest,
): Row[] {
  const [first, ...further] = rarestFirst(sql, table, conditions);
  const index = first?.index;
  const from = index === undefined ? table : `${index.table} CROSS JOIN ${table} ON seq = ${index.column}`;
  const order = index === undefined ? 'seq' : index.column;
  const where = [
    ...(first === undefined ? [] : [first.own]),
    `${order} > ?`,
    ...further.map((condition) => lookedUp(condition)),
  ];
  const values = [...(first?.values ?? []), page.after, ...further.flatMap((condition) => condition.values)];
  return sql.all<Row>(
    `SELECT ${columns} FROM ${from} WHERE ${where.join(' AND ')} ORDER BY ${order} LIMIT ?`,
    ...values,
    page.limit + 1,
  );
}

/** A condition for one row of the list. */
function lookedUp({ own, index }: ListCondition): string {
  if (index === undefined) return own;
  // Inside, the columns are those of the index.
  return `seq IN (SELECT ${index.column} FROM ${index.table} WHERE ${own} AND ${index.column} = seq)`;
}

function rarestFirst(
  sql: Sql,
  table: string,
  conditions: readonly ListCondition[],
): readonly ListCondition[] {
  if (conditions.length < 2) return conditions;
  const counted = conditions.map((condition) => {
    const from = condition.index?.table ?? table;
    const text = `SELECT count(*) AS count FROM (SELECT 1 FROM ${from} WHERE ${condition.own} LIMIT ${LOOK_AT})`;
    return { condition, count: sql.get<{ count: number }>(text, ...condition.values)?.count ?? 0 };
  });
  return counted.sort((one, other) => one.count - other.count).map(({ condition }) => condition);
}
