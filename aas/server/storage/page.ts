import type { JsonObject } from '../../model.ts';

/** Which part of a list is wanted. */
export interface PageRequest {
  /** At least 1. */
  readonly limit: number;
  /** Sort key after which the page begins; -1 at the start. */
  readonly after: number;
}

/** A part of a list, and the sort key from which the next one goes on; undefined at the end. */
export interface Page<Item = JsonObject> {
  readonly items: readonly Item[];
  readonly next?: number;
}

/** Makes a page of rows of which one more than `limit` was asked for. */
export function pageOf<Row extends { readonly seq: number }, Item>(
  rows: readonly Row[],
  limit: number,
  item: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const items = shown.map(item);
  return rows.length > limit && last !== undefined ? { items, next: last.seq } : { items };
}
