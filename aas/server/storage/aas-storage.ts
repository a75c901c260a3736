import { join } from 'node:path';
import type { JsonObject } from '../../model.ts';
import { AttachmentStore } from './attachment-store.ts';
import { DescriptorStore } from './descriptor-store.ts';
import { ElementStore } from './element-store.ts';
import { MIGRATIONS } from './schema.ts';
import { ShellStore } from './shell-store.ts';
import { Sql } from './sql.ts';
import { SubmodelStore } from './submodel-store.ts';

/** All that an environment holds: one SQLite file, and the attachments beside it. */
export class AasStorage {
  readonly shells: ShellStore;
  readonly submodels: SubmodelStore;
  readonly elements: ElementStore;
  readonly attachments: AttachmentStore;
  readonly descriptors: DescriptorStore;
  readonly #sql: Sql;

  private constructor(sql: Sql, attachments: AttachmentStore) {
    this.#sql = sql;
    this.attachments = attachments;
    this.elements = new ElementStore(sql);
    this.shells = new ShellStore(sql);
    this.submodels = new SubmodelStore(sql, this.elements);
    this.descriptors = new DescriptorStore(sql, this.shells, this.submodels);
  }

  static async open(folder: string): Promise<AasStorage> {
    const sql = new Sql(join(folder, 'environment.db'), MIGRATIONS);
    return new AasStorage(sql, await AttachmentStore.open(sql, join(folder, 'attachments')));
  }

  /**
   * Runs `work` as one transaction, durable when this returns. Writers never interleave, since `work` is synchronous;
   * so what it read is still so when it writes.
   */
  write<Result>(work: () => Result): Result {
    const result = this.#sql.transaction(work);
    this.attachments.collect();
    return result;
  }

  /** Stores a checked shell and registers it. Belongs into `write`. @returns whether it is new. */
  putShell(shell: JsonObject): boolean {
    const created = this.shells.put(shell);
    this.descriptors.deriveShell(shell);
    return created;
  }

  /** Takes a shell and its registration out. Belongs into `write`. @returns whether there was one. */
  removeShell(id: string): boolean {
    this.descriptors.underiveShell(id);
    return this.shells.remove(id);
  }

  /** Stores a checked submodel and registers it. Belongs into `write`. @returns whether it is new. */
  putSubmodel(submodel: JsonObject): boolean {
    const created = this.submodels.put(submodel);
    this.descriptors.deriveSubmodel(String(submodel['id']));
    return created;
  }

  /** Takes a submodel, its attachments and its registration out. Belongs into `write`. @returns whether there was one. */
  removeSubmodel(id: string): boolean {
    this.descriptors.underiveSubmodel(id);
    return this.submodels.remove(id);
  }

  close(): void {
    this.#sql.close();
  }
}
