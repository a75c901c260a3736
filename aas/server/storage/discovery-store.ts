import { CodedError } from '../../../runtime/errors.ts';
import type { AssetLink } from './asset-link.ts';
import { type Page, type PageRequest, pageOf } from './page.ts';
import { pageRows } from './page-query.ts';
import type { Sql } from './sql.ts';

/**
 * Discovery: which shells are found by which asset links. Links of a shell of our repository are registered by
 * themselves; those that somebody wrote, for any shell, are served as written and left alone by the repository. Writes
 * belong into a transaction.
 */
export class DiscoveryStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Ids of the shells that have all the links, in the order in which they came. @param links at least one */
  listIds(page: PageRequest, links: readonly AssetLink[]): Page<string> {
    if (links.length === 0) throw new RangeError('at least one asset link is needed');
    const conditions = links.map(({ name, value }) => ({
      own: 'name = ? AND value = ?',
      values: [name, value],
      index: { table: 'discovery_links', column: 'shell' },
    }));
    const list = { columns: 'seq, id', table: 'discovery_shells' };
    const rows = pageRows<{ seq: number; id: string }>(this.#sql, list, conditions, page);
    return pageOf(rows, page.limit, (row) => row.id);
  }

  /** The links of a shell. @throws CodedError `E_AAS_NOT_FOUND` if discovery knows none of it */
  links(id: string): readonly AssetLink[] {
    return parse(this.#require(id).json);
  }

  has(id: string): boolean {
    return this.#find(id) !== undefined;
  }

  /** Registers a shell of the repository, or brings its links up to date, unless somebody wrote them. */
  derive(id: string, links: readonly AssetLink[]): void {
    const stored = this.#find(id);
    if (stored?.written === 1 || stored?.json === JSON.stringify(links)) return;
    this.#store(id, links, 0);
  }

  /** Takes out the links of a shell that left the repository, unless somebody wrote them. */
  underive(id: string): void {
    this.#sql.run('DELETE FROM discovery_shells WHERE id = ? AND written = 0', id);
  }

  /** Replaces all links of a shell, which need not be one of ours. */
  write(id: string, links: readonly AssetLink[]): void {
    this.#store(id, links, 1);
  }

  /** @throws CodedError `E_AAS_NOT_FOUND` */
  remove(id: string): void {
    this.#require(id);
    this.#sql.run('DELETE FROM discovery_shells WHERE id = ?', id);
  }

  #store(id: string, links: readonly AssetLink[], written: 0 | 1): void {
    this.#sql.run(
      `INSERT INTO discovery_shells (id, written, json) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET written = excluded.written, json = excluded.json`,
      id,
      written,
      JSON.stringify(links),
    );
    const { seq } = this.#require(id);
    this.#sql.run('DELETE FROM discovery_links WHERE shell = ?', seq);
    for (const { name, value } of links) {
      const insert = 'INSERT OR IGNORE INTO discovery_links (name, value, shell) VALUES (?, ?, ?)';
      this.#sql.run(insert, name, value, seq);
    }
  }

  #find(id: string): DiscoveryRow | undefined {
    const select = 'SELECT seq, written, json FROM discovery_shells WHERE id = ?';
    return this.#sql.get<DiscoveryRow>(select, id);
  }

  #require(id: string): DiscoveryRow {
    const row = this.#find(id);
    if (row === undefined)
      throw new CodedError('E_AAS_NOT_FOUND', `no asset links are known of the shell ${id}`);
    return row;
  }
}

interface DiscoveryRow {
  readonly seq: number;
  /** 1 if somebody wrote the links, 0 if they are the repository's. */
  readonly written: number;
  readonly json: string;
}

function parse(json: string): readonly AssetLink[] {
  // Written by this store from checked links.
  return JSON.parse(json) as readonly AssetLink[];
}
