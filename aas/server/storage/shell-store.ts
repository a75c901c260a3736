import { CodedError } from '../../../runtime/errors.ts';
import type { JsonObject, Reference } from '../../model.ts';
import type { AssetLink } from './asset-link.ts';
import { type Page, type PageRequest, pageOf } from './page.ts';
import { type ListCondition, pageRows } from './page-query.ts';
import type { Sql } from './sql.ts';

/** What a list of shells may be narrowed by; asset links must all match. */
export interface ShellFilter {
  readonly idShort?: string;
  readonly assetLinks?: readonly AssetLink[];
}

/** Shells, their references to submodels and the links of their assets. Writes belong into a transaction. */
export class ShellStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** @throws CodedError `E_AAS_NOT_FOUND` */
  require(id: string): number {
    const row = this.#sql.get<{ seq: number }>('SELECT seq FROM shells WHERE id = ?', id);
    if (row === undefined) throw new CodedError('E_AAS_NOT_FOUND', `there is no shell ${id}`);
    return row.seq;
  }

  /** A shell with its submodel references; undefined if there is none. */
  get(id: string): JsonObject | undefined {
    const row = this.#sql.get<ShellRow>('SELECT seq, json FROM shells WHERE id = ?', id);
    return row === undefined ? undefined : this.#assemble(row);
  }

  /** Shells in the order in which they came. */
  list(page: PageRequest, filter: ShellFilter = {}): Page {
    const { rows, limit } = this.#select('seq, json', page, filter);
    return pageOf(rows, limit, (row) => this.#assemble(row));
  }

  /** Stores a shell, writing only what differs. @returns whether it is new. */
  put(shell: JsonObject): boolean {
    const { submodels, ...own } = shell;
    const id = String(own['id']);
    const json = JSON.stringify(own);
    const idShort = typeof own['idShort'] === 'string' ? own['idShort'] : null;
    const stored = this.#sql.get<ShellRow>('SELECT seq, json FROM shells WHERE id = ?', id);
    let seq = stored?.seq;
    if (seq === undefined) {
      seq = this.#sql.run(
        'INSERT INTO shells (id, id_short, json) VALUES (?, ?, ?)',
        id,
        idShort,
        json,
      ).rowId;
    } else if (stored?.json !== json) {
      this.#sql.run('UPDATE shells SET id_short = ?, json = ? WHERE seq = ?', idShort, json, seq);
      this.#sql.run('DELETE FROM asset_links WHERE shell = ?', seq);
    }
    if (stored?.json !== json) this.#putAssetLinks(seq, own);
    // Checked on the way in: references with at least one key.
    this.#putReferences(seq, (submodels ?? []) as readonly Reference[], stored !== undefined);
    return stored === undefined;
  }

  /** @returns whether there was one. */
  remove(id: string): boolean {
    return this.#sql.run('DELETE FROM shells WHERE id = ?', id).changes > 0;
  }

  references(shell: number, page: PageRequest): Page {
    const rows = this.#sql.all<ShellRow>(
      'SELECT seq, json FROM shell_submodels WHERE shell = ? AND seq > ? ORDER BY seq LIMIT ?',
      shell,
      page.after,
      page.limit + 1,
    );
    return pageOf(rows, page.limit, (row) => parse(row.json));
  }

  /** Ids of all submodels that a shell refers to, in order. */
  submodelIds(shellId: string): string[] {
    const rows = this.#sql.all<{ id: string }>(
      `SELECT submodel_id AS id FROM shell_submodels JOIN shells ON shells.seq = shell
       WHERE shells.id = ? ORDER BY shell_submodels.seq`,
      shellId,
    );
    return rows.map((row) => row.id);
  }

  refersTo(shell: number, submodelId: string): boolean {
    const select = 'SELECT 1 AS found FROM shell_submodels WHERE shell = ? AND submodel_id = ?';
    return this.#sql.get(select, shell, submodelId) !== undefined;
  }

  /** @throws CodedError `E_ALREADY_EXISTS` if the shell already refers to that submodel. */
  addReference(shell: number, reference: Reference): void {
    const submodelId = submodelIdOf(reference);
    if (this.refersTo(shell, submodelId)) {
      throw new CodedError('E_ALREADY_EXISTS', `the shell already refers to the submodel ${submodelId}`);
    }
    this.#insertReference(shell, submodelId, JSON.stringify(reference));
  }

  /** @throws CodedError `E_AAS_NOT_FOUND` */
  removeReference(shell: number, submodelId: string): void {
    const remove = 'DELETE FROM shell_submodels WHERE shell = ? AND submodel_id = ?';
    if (this.#sql.run(remove, shell, submodelId).changes === 0) {
      throw new CodedError('E_AAS_NOT_FOUND', `the shell does not refer to a submodel ${submodelId}`);
    }
  }

  /** The links by which discovery finds a shell: its specificAssetIds and its globalAssetId. */
  assetLinks(shell: JsonObject): readonly AssetLink[] {
    // Checked on the way in: a shell has assetInformation of this shape.
    const asset = shell['assetInformation'] as {
      globalAssetId?: string;
      specificAssetIds?: readonly AssetLink[];
    };
    const specific = asset.specificAssetIds ?? [];
    if (asset.globalAssetId === undefined) return specific;
    return [...specific, { name: 'globalAssetId', value: asset.globalAssetId }];
  }

  #assemble(row: ShellRow): JsonObject {
    const select = 'SELECT json FROM shell_submodels WHERE shell = ? ORDER BY seq';
    const references = this.#sql.all<{ json: string }>(select, row.seq).map(({ json }) => parse(json));
    const own = parse(row.json);
    return references.length === 0 ? own : { ...own, submodels: references };
  }

  #select(columns: string, page: PageRequest, filter: ShellFilter): { rows: ShellRow[]; limit: number } {
    const conditions: ListCondition[] = (filter.assetLinks ?? []).map(({ name, value }) => ({
      own: 'name = ? AND value = ?',
      values: [name, value],
      index: { table: 'asset_links', column: 'shell' },
    }));
    if (filter.idShort !== undefined) conditions.push({ own: 'id_short = ?', values: [filter.idShort] });
    const rows = pageRows<ShellRow>(this.#sql, { columns, table: 'shells' }, conditions, page);
    return { rows, limit: page.limit };
  }

  #putAssetLinks(seq: number, own: JsonObject): void {
    for (const link of this.assetLinks(own)) {
      const insert = 'INSERT OR IGNORE INTO asset_links (name, value, shell) VALUES (?, ?, ?)';
      this.#sql.run(insert, link.name, link.value, seq);
    }
  }

  #putReferences(shell: number, references: readonly Reference[], compare: boolean): void {
    const stored = new Map<string, string>();
    if (compare) {
      const select = 'SELECT submodel_id AS id, json FROM shell_submodels WHERE shell = ?';
      for (const row of this.#sql.all<{ id: string; json: string }>(select, shell))
        stored.set(row.id, row.json);
    }
    const wanted = new Map(
      references.map((reference) => [submodelIdOf(reference), JSON.stringify(reference)]),
    );
    for (const id of stored.keys()) {
      if (stored.get(id) === wanted.get(id)) wanted.delete(id);
      else this.#sql.run('DELETE FROM shell_submodels WHERE shell = ? AND submodel_id = ?', shell, id);
    }
    for (const [id, json] of wanted) this.#insertReference(shell, id, json);
  }

  #insertReference(shell: number, submodelId: string, json: string): void {
    const insert = 'INSERT INTO shell_submodels (shell, submodel_id, json) VALUES (?, ?, ?)';
    this.#sql.run(insert, shell, submodelId, json);
  }
}

interface ShellRow {
  readonly seq: number;
  readonly json: string;
}

/** @throws CodedError `E_INVALID_INPUT` */
function submodelIdOf(reference: Reference): string {
  const key = reference.keys[0];
  if (key === undefined) throw new CodedError('E_INVALID_INPUT', 'a reference to a submodel needs a key');
  return key.value;
}

function parse(json: string): JsonObject {
  // Written by this store from what was checked.
  return JSON.parse(json) as JsonObject;
}
