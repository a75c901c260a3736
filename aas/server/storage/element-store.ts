import { CodedError } from '../../../runtime/errors.ts';
import { joinChildren, splitChildren } from '../../children.ts';
import { joinPath, parseIdShortPath, splitPath } from '../../id-short-path.ts';
import type { JsonObject } from '../../model.ts';
import { type ElementRow, elementsOf, parseRow, rowsOf } from './element-rows.ts';
import type { Sql } from './sql.ts';

const COLUMNS = 'path, parent, position, json';
/**
 * Rows below a path begin with `P.` or `P[`, two ranges of the primary key, as `/` follows `.` and `\\` follows `[`.
 * Each is a statement of its own: joined by OR, SQLite would read the whole submodel.
 */
const BELOW = [`path > ?2 || '.' AND path < ?2 || '/'`, `path > ?2 || '[' AND path < ?2 || '\\'`] as const;

/** How much of a tree is read: all of it, or the element with its direct children (IDTA-01002, level). */
export type Level = 'deep' | 'core';

/** The elements of all submodels, each a row. `submodel` is the submodel's row number. Writes belong into a transaction. */
export class ElementStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** One element without its children; undefined if there is none. */
  row(submodel: number, path: string): ElementRow | undefined {
    return this.#sql.get<ElementRow>(
      `SELECT ${COLUMNS} FROM elements WHERE submodel = ? AND path = ?`,
      submodel,
      path,
    );
  }

  /** One element of the submodel with an id, by one query; undefined if either is missing. */
  rowOf(submodelId: string, path: string): Pick<ElementRow, 'json'> | undefined {
    return this.#sql.get<Pick<ElementRow, 'json'>>(
      'SELECT elements.json AS json FROM submodels JOIN elements ON submodel = seq WHERE id = ? AND path = ?',
      submodelId,
      path,
    );
  }

  /** @throws CodedError `E_AAS_NOT_FOUND`, or `E_INVALID_INPUT` if the path is none. */
  requireRow(submodel: number, path: string): ElementRow {
    const row = this.row(submodel, path);
    if (row !== undefined) return row;
    parseIdShortPath(path);
    throw new CodedError('E_AAS_NOT_FOUND', `the submodel has no element ${path}`);
  }

  /** One element with its children. @throws CodedError `E_AAS_NOT_FOUND` */
  get(submodel: number, path: string, level: Level = 'deep'): JsonObject {
    const row = this.requireRow(submodel, path);
    return joinChildren(parseRow(row), elementsOf(this.rowsBelow(submodel, path, level), path));
  }

  /** The elements at the top of a submodel, with their children. */
  top(submodel: number, level: Level = 'deep'): JsonObject[] {
    return elementsOf(this.rowsBelow(submodel, '', level), '');
  }

  /** The rows below a path, siblings in order; the empty path is the whole submodel. */
  rowsBelow(submodel: number, path: string, level: Level = 'deep'): ElementRow[] {
    if (level === 'core') return this.children(submodel, path);
    if (path === '') {
      return this.#sql.all<ElementRow>(
        `SELECT ${COLUMNS} FROM elements WHERE submodel = ? ORDER BY parent, position`,
        submodel,
      );
    }
    const [inside, entries] = BELOW.map(
      (range) => `SELECT ${COLUMNS} FROM elements WHERE submodel = ?1 AND ${range}`,
    );
    return this.#sql.all<ElementRow>(`${inside} UNION ALL ${entries} ORDER BY position`, submodel, path);
  }

  /** Paths of a submodel's elements, or of those at its top, in the order of their text from after one on. */
  paths(
    submodel: number,
    { level, after, limit }: { readonly level: Level; readonly after: string; readonly limit: number },
  ): string[] {
    const top = level === 'core' ? `AND parent = ''` : '';
    return this.#sql
      .all<{ path: string }>(
        `SELECT path FROM elements WHERE submodel = ? AND path > ? ${top} ORDER BY path LIMIT ?`,
        submodel,
        after,
        limit,
      )
      .map(({ path }) => path);
  }

  /** Direct children of a path, without theirs, from after a position on. */
  children(submodel: number, parent: string, after = -1, limit = -1): ElementRow[] {
    return this.#sql.all<ElementRow>(
      `SELECT ${COLUMNS} FROM elements WHERE submodel = ? AND parent = ? AND position > ? ORDER BY position LIMIT ?`,
      submodel,
      parent,
      after,
      limit,
    );
  }

  /**
   * Adds an element below a path (empty: at the top), after its last sibling.
   * @returns its path.
   * @throws CodedError `E_ALREADY_EXISTS` for an idShort that is there, `E_AAS_NOT_FOUND`, `E_INVALID_INPUT`
   */
  add(submodel: number, parent: string, element: JsonObject): string {
    const list = parent === '' ? false : this.#container(submodel, parent, element);
    const position = this.#nextPosition(submodel, parent);
    const idShort = element['idShort'];
    if (!list && typeof idShort !== 'string') {
      throw new CodedError('E_INVALID_INPUT', 'an element outside a list needs an idShort');
    }
    const path = joinPath(parent, list ? { index: position } : { idShort: String(idShort) });
    if (this.row(submodel, path) !== undefined) {
      throw new CodedError('E_ALREADY_EXISTS', `the submodel already has an element ${path}`);
    }
    this.insert(submodel, rowsOf([element], parent, list, position));
    return path;
  }

  /**
   * Replaces the element at a path with its whole subtree, or creates it.
   * @returns whether it was created.
   * @throws CodedError `E_INVALID_INPUT` if the element's idShort is not the path's, `E_AAS_NOT_FOUND` without a parent
   */
  put(submodel: number, path: string, element: JsonObject): boolean {
    const { parent, step } = splitPath(path);
    if ('idShort' in step && element['idShort'] !== step.idShort) {
      throw new CodedError(
        'E_INVALID_INPUT',
        `the element must have the idShort ${step.idShort} of its path`,
      );
    }
    const existing = this.row(submodel, path);
    if (existing === undefined) {
      if ('index' in step && step.index !== this.#nextPosition(submodel, parent)) {
        throw new CodedError('E_AAS_NOT_FOUND', `the list ${parent} has no entry ${step.index}`);
      }
      if (this.add(submodel, parent, element) !== path) {
        throw new CodedError('E_INVALID_INPUT', `${path} does not fit the kind of ${parent}`);
      }
      return true;
    }
    const list = parent !== '' && this.#container(submodel, parent, element);
    this.sync(
      submodel,
      [existing, ...this.rowsBelow(submodel, path)],
      rowsOf([element], parent, list, existing.position),
    );
    return false;
  }

  /** Takes an element and all below it out; later entries of a list move up. @throws CodedError `E_AAS_NOT_FOUND` */
  remove(submodel: number, path: string): void {
    const row = this.requireRow(submodel, path);
    this.#removeTree(submodel, path);
    const { parent, step } = splitPath(path);
    if (!('index' in step)) return;
    for (const later of this.children(submodel, parent, row.position)) {
      this.#move(submodel, later, `${parent}[${later.position - 1}]`);
    }
  }

  /** Stores an element's own members, its children left alone. */
  replaceOwn(submodel: number, path: string, own: JsonObject): void {
    const json = JSON.stringify(splitChildren(own).own);
    this.#sql.run('UPDATE elements SET json = ? WHERE submodel = ? AND path = ?', json, submodel, path);
  }

  /** Makes the stored rows equal to the wanted ones, writing only what differs. */
  sync(submodel: number, stored: readonly ElementRow[], wanted: readonly ElementRow[]): void {
    const before = new Map(stored.map((row) => [row.path, row]));
    const added: ElementRow[] = [];
    for (const row of wanted) {
      const old = before.get(row.path);
      before.delete(row.path);
      if (old === undefined) added.push(row);
      else if (old.json !== row.json || old.position !== row.position) {
        const update = 'UPDATE elements SET json = ?, position = ? WHERE submodel = ? AND path = ?';
        this.#sql.run(update, row.json, row.position, submodel, row.path);
        if (isFile(old) && !isFile(row)) {
          this.#sql.run('DELETE FROM attachments WHERE submodel = ? AND path = ?', submodel, row.path);
        }
      }
    }
    for (const path of before.keys()) {
      this.#sql.run('DELETE FROM elements WHERE submodel = ? AND path = ?', submodel, path);
    }
    this.insert(submodel, added);
  }

  /** Inserts rows in one statement: an element costs no call of its own. */
  insert(submodel: number, rows: readonly ElementRow[]): void {
    if (rows.length === 0) return;
    this.#sql.run(
      `INSERT INTO elements (submodel, path, parent, position, json)
       SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?2)`,
      submodel,
      JSON.stringify(rows.map((row) => [row.path, row.parent, row.position, row.json])),
    );
  }

  /** Whether the container is a list; refuses what cannot hold the element. */
  #container(submodel: number, path: string, element: JsonObject): boolean {
    const container = parseRow(this.requireRow(submodel, path));
    const modelType = container['modelType'];
    if (modelType === 'SubmodelElementList') {
      const wanted = container['typeValueListElement'];
      if (wanted !== 'SubmodelElement' && wanted !== 'DataElement' && wanted !== element['modelType']) {
        throw new CodedError('E_INVALID_INPUT', `the list ${path} holds only ${String(wanted)}`);
      }
      return true;
    }
    if (
      !['SubmodelElementCollection', 'Entity', 'AnnotatedRelationshipElement'].includes(String(modelType))
    ) {
      throw new CodedError('E_INVALID_INPUT', `${path} is a ${String(modelType)} and holds no elements`);
    }
    return false;
  }

  #nextPosition(submodel: number, parent: string): number {
    const row = this.#sql.get<{ next: number }>(
      'SELECT coalesce(max(position), -1) + 1 AS next FROM elements WHERE submodel = ? AND parent = ?',
      submodel,
      parent,
    );
    return row?.next ?? 0;
  }

  #removeTree(submodel: number, path: string): void {
    for (const rows of ['path = ?2', ...BELOW]) {
      this.#sql.run(`DELETE FROM elements WHERE submodel = ?1 AND ${rows}`, submodel, path);
    }
  }

  /** Gives an entry of a list its new index, and all below it their new paths; attachments follow by foreign key. */
  #move(submodel: number, entry: ElementRow, path: string): void {
    const renamed = `path = ?3 || substr(path, length(?2) + 1), parent = ?3 || substr(parent, length(?2) + 1)`;
    for (const rows of BELOW) {
      const update = `UPDATE elements SET ${renamed} WHERE submodel = ?1 AND ${rows}`;
      this.#sql.run(update, submodel, entry.path, path);
    }
    this.#sql.run(
      'UPDATE elements SET path = ?, position = position - 1 WHERE submodel = ? AND path = ?',
      path,
      submodel,
      entry.path,
    );
  }
}

function isFile(row: ElementRow): boolean {
  // Most rows are told apart without being parsed.
  return row.json.includes('"File"') && parseRow(row)['modelType'] === 'File';
}
