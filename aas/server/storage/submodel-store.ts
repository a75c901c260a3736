import { CodedError } from '../../../runtime/errors.ts';
import { joinChildren, splitChildren } from '../../children.ts';
import type { JsonObject, Reference } from '../../model.ts';
import { referenceText } from '../../references.ts';
import { rowsOf } from './element-rows.ts';
import type { ElementStore, Level } from './element-store.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';
import { type ListCondition, pageRows } from './page-query.ts';
import type { Sql } from './sql.ts';

/** What a list of submodels may be narrowed by. */
export interface SubmodelFilter {
  readonly idShort?: string;
  /** Matches semanticId and supplementalSemanticIds. */
  readonly semanticId?: Reference;
}

/** Submodels; their elements lie in the element store. Writes belong into a transaction. */
export class SubmodelStore {
  readonly #sql: Sql;
  readonly #elements: ElementStore;

  constructor(sql: Sql, elements: ElementStore) {
    this.#sql = sql;
    this.#elements = elements;
  }

  /** Row number of a submodel, by which its elements are found; undefined if there is none. */
  find(id: string): number | undefined {
    return this.#sql.get<{ seq: number }>('SELECT seq FROM submodels WHERE id = ?', id)?.seq;
  }

  /** @throws CodedError `E_AAS_NOT_FOUND` */
  require(id: string): number {
    const seq = this.find(id);
    if (seq === undefined) throw new CodedError('E_AAS_NOT_FOUND', `there is no submodel ${id}`);
    return seq;
  }

  /** A submodel without its elements; undefined if there is none. */
  own(id: string): JsonObject | undefined {
    const row = this.#sql.get<{ json: string }>('SELECT json FROM submodels WHERE id = ?', id);
    return row === undefined ? undefined : parse(row.json);
  }

  /** @throws CodedError `E_AAS_NOT_FOUND` */
  get(id: string, level: Level = 'deep'): JsonObject {
    const seq = this.require(id);
    return joinChildren(this.own(id) ?? {}, this.#elements.top(seq, level));
  }

  /** Submodels in the order in which they came. The cost is that of the page, wherever it stands. */
  list(page: PageRequest, filter: SubmodelFilter = {}, level: Level = 'deep'): Page {
    return pageOf(this.#rows(page, filter), page.limit, (row) =>
      joinChildren(parse(row.json), this.#elements.top(row.seq, level)),
    );
  }

  /** The same without their elements. */
  listOwn(page: PageRequest, filter: SubmodelFilter = {}): Page {
    return pageOf(this.#rows(page, filter), page.limit, (row) => parse(row.json));
  }

  /** Stores a submodel whole, writing only the elements that differ. @returns whether it is new. */
  put(submodel: JsonObject): boolean {
    const id = String(submodel['id']);
    const { own, children } = splitChildren(submodel);
    const wanted = rowsOf(children, '', false);
    const seq = this.find(id);
    if (seq !== undefined) {
      this.#putOwn(seq, own);
      this.#elements.sync(seq, this.#elements.rowsBelow(seq, ''), wanted);
      return false;
    }
    const insert = 'INSERT INTO submodels (id, id_short, json) VALUES (?, ?, ?)';
    const { rowId } = this.#sql.run(insert, id, idShortOf(own), JSON.stringify(own));
    this.#putSemantics(rowId, own);
    this.#elements.insert(rowId, wanted);
    return true;
  }

  /** Stores a submodel's own members, its elements left alone. */
  replaceOwn(seq: number, own: JsonObject): void {
    this.#putOwn(seq, splitChildren(own).own);
  }

  /** Takes a submodel out with its elements and attachments. @returns whether there was one. */
  remove(id: string): boolean {
    return this.#sql.run('DELETE FROM submodels WHERE id = ?', id).changes > 0;
  }

  /** One row more than the page has. */
  #rows(page: PageRequest, filter: SubmodelFilter): { seq: number; json: string }[] {
    const conditions: ListCondition[] = [];
    if (filter.semanticId !== undefined) {
      conditions.push({
        own: 'meaning = ?',
        values: [referenceText(filter.semanticId)],
        index: { table: 'submodel_semantics', column: 'submodel' },
      });
    }
    if (filter.idShort !== undefined) conditions.push({ own: 'id_short = ?', values: [filter.idShort] });
    return pageRows(this.#sql, { columns: 'seq, json', table: 'submodels' }, conditions, page);
  }

  #putOwn(seq: number, own: JsonObject): void {
    const json = JSON.stringify(own);
    const stored = this.#sql.get<{ json: string }>('SELECT json FROM submodels WHERE seq = ?', seq);
    if (stored?.json === json) return;
    this.#sql.run('UPDATE submodels SET id_short = ?, json = ? WHERE seq = ?', idShortOf(own), json, seq);
    this.#sql.run('DELETE FROM submodel_semantics WHERE submodel = ?', seq);
    this.#putSemantics(seq, own);
  }

  #putSemantics(seq: number, own: JsonObject): void {
    // Checked on the way in: these members are references.
    const meanings = [
      own['semanticId'],
      ...((own['supplementalSemanticIds'] as unknown[] | undefined) ?? []),
    ];
    for (const meaning of meanings as (Reference | undefined)[]) {
      if (meaning === undefined) continue;
      const insert = 'INSERT OR IGNORE INTO submodel_semantics (meaning, submodel) VALUES (?, ?)';
      this.#sql.run(insert, referenceText(meaning), seq);
    }
  }
}

function idShortOf(own: JsonObject): string | null {
  return typeof own['idShort'] === 'string' ? own['idShort'] : null;
}

function parse(json: string): JsonObject {
  // Written by this store from a checked submodel.
  return JSON.parse(json) as JsonObject;
}
