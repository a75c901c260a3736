import { CodedError } from '../../../runtime/errors.ts';
import type { JsonObject, ShellDescriptor, SubmodelDescriptor } from '../../model.ts';
import { describeShell, describeSubmodel } from './descriptors.ts';
import { type Page, type PageRequest, pageOf } from './page.ts';
import { type ListCondition, pageRows } from './page-query.ts';
import type { ShellStore } from './shell-store.ts';
import type { Sql } from './sql.ts';
import type { SubmodelStore } from './submodel-store.ts';

/** Owner of the entries of the submodel registry, in contrast to those inside a shell descriptor. */
export const SUBMODEL_REGISTRY = '';

/** What a list of shell descriptors may be narrowed by. */
export interface ShellDescriptorFilter {
  readonly assetKind?: string;
  readonly assetType?: string;
}

/**
 * The two registries. What the repositories hold is registered by itself: such an entry is derived when it is read, so
 * it is never stale and its hrefs follow the address of the server. An entry that somebody wrote is served as written,
 * and the repositories leave it alone. Writes belong into a transaction.
 */
export class DescriptorStore {
  /** Where this environment is served, without a slash at the end. */
  baseUrl = '';
  readonly #sql: Sql;
  readonly #shells: ShellStore;
  readonly #submodels: SubmodelStore;

  constructor(sql: Sql, shells: ShellStore, submodels: SubmodelStore) {
    this.#sql = sql;
    this.#shells = shells;
    this.#submodels = submodels;
  }

  /** Registers a shell of the repository, or brings its entry up to date. */
  deriveShell(shell: JsonObject): void {
    // Checked on the way in: a shell has assetInformation.
    const asset = shell['assetInformation'] as { assetKind: string; assetType?: string };
    this.#sql.run(
      `INSERT INTO shell_descriptors (id, asset_kind, asset_type) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET asset_kind = excluded.asset_kind, asset_type = excluded.asset_type
       WHERE json IS NULL AND (asset_kind IS NOT excluded.asset_kind OR asset_type IS NOT excluded.asset_type)`,
      String(shell['id']),
      asset.assetKind,
      asset.assetType ?? null,
    );
  }

  /** Registers a submodel of the repository. */
  deriveSubmodel(id: string): void {
    const insert = 'INSERT OR IGNORE INTO submodel_descriptors (owner, id) VALUES (?, ?)';
    this.#sql.run(insert, SUBMODEL_REGISTRY, id);
  }

  /** Takes out the derived entry of a shell that left the repository. */
  underiveShell(id: string): void {
    this.#sql.run('DELETE FROM shell_descriptors WHERE id = ? AND json IS NULL', id);
  }

  underiveSubmodel(id: string): void {
    this.#sql.run('DELETE FROM submodel_descriptors WHERE id = ? AND json IS NULL', id);
  }

  listShells(page: PageRequest, filter: ShellDescriptorFilter): Page<ShellDescriptor> {
    const conditions: ListCondition[] = [];
    if (filter.assetKind !== undefined) {
      conditions.push({ own: 'asset_kind = ?', values: [filter.assetKind] });
    }
    if (filter.assetType !== undefined) {
      conditions.push({ own: 'asset_type = ?', values: [filter.assetType] });
    }
    const list = { columns: 'seq, id, json', table: 'shell_descriptors' };
    const rows = pageRows<DescriptorRow>(this.#sql, list, conditions, page);
    return pageOf(rows, page.limit, (row) => this.#shellDescriptor(row));
  }

  /** @throws CodedError `E_AAS_NOT_FOUND` */
  getShell(id: string): ShellDescriptor {
    return this.#shellDescriptor(this.#requireShell(id));
  }

  /** Stores an entry as somebody wrote it, with the submodel descriptors inside. @returns whether it is new. */
  putShell(descriptor: ShellDescriptor): boolean {
    const { submodelDescriptors, ...own } = descriptor;
    const created = this.#findShell(own.id) === undefined;
    this.#sql.run(
      `INSERT INTO shell_descriptors (id, asset_kind, asset_type, json) VALUES (?, ?, ?, ?) ON CONFLICT (id)
       DO UPDATE SET asset_kind = excluded.asset_kind, asset_type = excluded.asset_type, json = excluded.json`,
      own.id,
      own.assetKind ?? null,
      own.assetType ?? null,
      JSON.stringify(own),
    );
    this.#sql.run('DELETE FROM submodel_descriptors WHERE owner = ?', own.id);
    for (const inner of submodelDescriptors ?? []) this.#writeSubmodel(own.id, inner);
    return created;
  }

  /** Whether somebody wrote an entry of this id; a derived one may be written over. */
  isWritten(id: string, owner?: string): boolean {
    const row = owner === undefined ? this.#findShell(id) : this.#findSubmodel(owner, id);
    return row !== undefined && row.json !== null;
  }

  /** @throws CodedError `E_AAS_NOT_FOUND` */
  removeShell(id: string): void {
    this.#requireShell(id);
    this.#sql.run('DELETE FROM shell_descriptors WHERE id = ?', id);
    this.#sql.run('DELETE FROM submodel_descriptors WHERE owner = ?', id);
  }

  /** Entries of the submodel registry, or those inside a shell descriptor. @throws CodedError `E_AAS_NOT_FOUND` */
  listSubmodels(owner: string, page: PageRequest): Page<SubmodelDescriptor> {
    if (owner !== SUBMODEL_REGISTRY && this.#requireShell(owner).json === null) {
      const all = this.#derivedInside(owner).map((descriptor, seq) => ({ seq, descriptor }));
      const rows = all.filter(({ seq }) => seq > page.after);
      return pageOf(rows, page.limit, (row) => row.descriptor);
    }
    const rows = this.#sql.all<DescriptorRow>(
      'SELECT seq, id, json FROM submodel_descriptors WHERE owner = ? AND seq > ? ORDER BY seq LIMIT ?',
      owner,
      page.after,
      page.limit + 1,
    );
    return pageOf(rows, page.limit, (row) => this.#submodelDescriptor(row));
  }

  /** @throws CodedError `E_AAS_NOT_FOUND` */
  getSubmodel(owner: string, id: string): SubmodelDescriptor {
    if (owner !== SUBMODEL_REGISTRY && this.#requireShell(owner).json === null) {
      const derived = this.#derivedInside(owner).find((descriptor) => descriptor.id === id);
      if (derived !== undefined) return derived;
    }
    const row = this.#findSubmodel(owner, id);
    if (row === undefined)
      throw new CodedError('E_AAS_NOT_FOUND', `there is no descriptor of the submodel ${id}`);
    return this.#submodelDescriptor(row);
  }

  /** Stores an entry as somebody wrote it. @returns whether it is new. */
  putSubmodel(owner: string, descriptor: SubmodelDescriptor): boolean {
    this.#adopt(owner);
    const created = this.#findSubmodel(owner, descriptor.id) === undefined;
    this.#writeSubmodel(owner, descriptor);
    return created;
  }

  /** @throws CodedError `E_AAS_NOT_FOUND` */
  removeSubmodel(owner: string, id: string): void {
    this.#adopt(owner);
    const remove = 'DELETE FROM submodel_descriptors WHERE owner = ? AND id = ?';
    if (this.#sql.run(remove, owner, id).changes === 0) {
      throw new CodedError('E_AAS_NOT_FOUND', `there is no descriptor of the submodel ${id}`);
    }
  }

  /** A derived shell descriptor whose inside is edited becomes one that somebody wrote. */
  #adopt(owner: string): void {
    if (owner === SUBMODEL_REGISTRY || this.#requireShell(owner).json !== null) return;
    this.putShell(this.getShell(owner));
  }

  #shellDescriptor(row: DescriptorRow): ShellDescriptor {
    const inside = this.#insideOf(row);
    const own =
      row.json === null
        ? describeShell(this.#shells.get(row.id) ?? {}, this.baseUrl)
        : parse<ShellDescriptor>(row);
    return inside.length === 0 ? own : { ...own, submodelDescriptors: inside };
  }

  #insideOf(row: DescriptorRow): readonly SubmodelDescriptor[] {
    if (row.json === null) return this.#derivedInside(row.id);
    const select = 'SELECT seq, id, json FROM submodel_descriptors WHERE owner = ? ORDER BY seq';
    return this.#sql.all<DescriptorRow>(select, row.id).map((inner) => this.#submodelDescriptor(inner));
  }

  /** Those submodels a shell of ours refers to that the submodel registry knows. */
  #derivedInside(shellId: string): readonly SubmodelDescriptor[] {
    return this.#shells.submodelIds(shellId).flatMap((id) => {
      const row = this.#findSubmodel(SUBMODEL_REGISTRY, id);
      return row === undefined ? [] : [this.#submodelDescriptor(row)];
    });
  }

  #submodelDescriptor(row: DescriptorRow): SubmodelDescriptor {
    if (row.json !== null) return parse<SubmodelDescriptor>(row);
    return describeSubmodel(this.#submodels.own(row.id) ?? {}, this.baseUrl);
  }

  #writeSubmodel(owner: string, descriptor: SubmodelDescriptor): void {
    this.#sql.run(
      `INSERT INTO submodel_descriptors (owner, id, json) VALUES (?, ?, ?)
       ON CONFLICT (owner, id) DO UPDATE SET json = excluded.json`,
      owner,
      descriptor.id,
      JSON.stringify(descriptor),
    );
  }

  #findShell(id: string): DescriptorRow | undefined {
    return this.#sql.get<DescriptorRow>('SELECT seq, id, json FROM shell_descriptors WHERE id = ?', id);
  }

  #requireShell(id: string): DescriptorRow {
    const row = this.#findShell(id);
    if (row === undefined)
      throw new CodedError('E_AAS_NOT_FOUND', `there is no descriptor of the shell ${id}`);
    return row;
  }

  #findSubmodel(owner: string, id: string): DescriptorRow | undefined {
    const select = 'SELECT seq, id, json FROM submodel_descriptors WHERE owner = ? AND id = ?';
    return this.#sql.get<DescriptorRow>(select, owner, id);
  }
}

interface DescriptorRow {
  readonly seq: number;
  readonly id: string;
  /** Null for an entry that is derived from the repository. */
  readonly json: string | null;
}

/** @typeParam Descriptor the kind that the row's table holds. */
function parse<Descriptor>(row: DescriptorRow): Descriptor {
  // Written by this store from a checked descriptor.
  return JSON.parse(row.json ?? '') as Descriptor;
}
