import { join } from 'node:path';
import type { JsonObject } from '../../model.ts';
import { type ChangeCause, ChangeFeed } from '../changes/change-feed.ts';
import { PackageStore } from '../packages/package-store.ts';
import { refuseViolations, type Validation } from '../packages/refuse-violations.ts';
import { AttachmentStore } from './attachment-store.ts';
import { ConceptDescriptionStore } from './concept-description-store.ts';
import { DescriptorStore } from './descriptor-store.ts';
import { DiscoveryStore } from './discovery-store.ts';
import { ElementStore } from './element-store.ts';
import { GroupCommit } from './group-commit.ts';
import { MIGRATIONS } from './schema.ts';
import { ShellStore } from './shell-store.ts';
import { Sql } from './sql.ts';
import { SubmodelStore } from './submodel-store.ts';
import { ThumbnailStore } from './thumbnail-store.ts';

/** All that an environment holds: one SQLite file, and the attachments beside it. */
export class AasStorage {
  readonly shells: ShellStore;
  readonly submodels: SubmodelStore;
  readonly conceptDescriptions: ConceptDescriptionStore;
  readonly elements: ElementStore;
  readonly attachments: AttachmentStore;
  readonly thumbnails: ThumbnailStore;
  readonly packages: PackageStore;
  readonly descriptors: DescriptorStore;
  readonly discovery: DiscoveryStore;
  readonly changes = new ChangeFeed();
  readonly validation: Validation;
  readonly #sql: Sql;
  readonly #group: GroupCommit;

  private constructor(sql: Sql, attachments: AttachmentStore, folder: string, validation: Validation) {
    this.#sql = sql;
    this.validation = validation;
    this.attachments = attachments;
    this.thumbnails = new ThumbnailStore(sql);
    this.packages = new PackageStore(sql, folder);
    this.conceptDescriptions = new ConceptDescriptionStore(sql);
    this.elements = new ElementStore(sql);
    this.shells = new ShellStore(sql);
    this.submodels = new SubmodelStore(sql, this.elements);
    this.descriptors = new DescriptorStore(sql, this.shells, this.submodels);
    this.discovery = new DiscoveryStore(sql);
    this.#group = new GroupCommit(sql, () => this.#committed());
  }

  /** @param validation whether identifiables that break rules of the metamodel are refused. */
  static async open(folder: string, validation: Validation = 'report'): Promise<AasStorage> {
    const sql = new Sql(join(folder, 'environment.db'), MIGRATIONS);
    const attachments = await AttachmentStore.open(sql, join(folder, 'attachments'));
    return new AasStorage(sql, attachments, folder, validation);
  }

  /**
   * Runs `work` as one transaction, durable when this returns. Writers never interleave, since `work` is synchronous;
   * so what it read is still so when it writes.
   */
  write<Result>(work: () => Result): Result {
    let result: Result;
    try {
      result = this.#sql.transaction(work);
    } catch (thrown) {
      this.changes.discard();
      throw thrown;
    }
    this.#committed();
    return result;
  }

  /**
   * Like `write`, but shares one commit with the writes of other callers: what a request handler uses, since a commit
   * costs a sync of the disk. Resolves when the work is durable, a few milliseconds later at most.
   */
  writeTogether<Result>(work: () => Result): Promise<Result> {
    return this.#group
      .write(() => this.changes.noting(work))
      .catch((thrown: unknown) => {
        // After a commit nothing is left to discard; if the commit itself failed, all that was noted did not happen.
        this.changes.discard();
        throw thrown;
      });
  }

  /** Stores a checked shell and registers it. Belongs into `write`. @returns whether it is new. */
  putShell(shell: JsonObject, cause: ChangeCause = 'put'): boolean {
    if (this.validation === 'strict') refuseViolations(shell, 'AssetAdministrationShell');
    const id = String(shell['id']);
    const created = this.shells.put(shell);
    this.descriptors.deriveShell(shell);
    this.discovery.derive(id, this.shells.assetLinks(shell));
    if (!created && !hasThumbnail(shell)) this.thumbnails.remove(this.shells.require(id));
    this.changes.note({ kind: created ? 'created' : 'updated', cause, thing: 'shell', id });
    return created;
  }

  /** Takes a shell and its registration out. Belongs into `write`. @returns whether there was one. */
  removeShell(id: string, cause: ChangeCause = 'delete'): boolean {
    this.descriptors.underiveShell(id);
    this.discovery.underive(id);
    const removed = this.shells.remove(id);
    if (removed) this.changes.note({ kind: 'deleted', cause, thing: 'shell', id });
    return removed;
  }

  /** Stores a checked submodel and registers it. Belongs into `write`. @returns whether it is new. */
  putSubmodel(submodel: JsonObject, cause: ChangeCause = 'put'): boolean {
    if (this.validation === 'strict') refuseViolations(submodel, 'Submodel');
    const id = String(submodel['id']);
    const created = this.submodels.put(submodel);
    this.descriptors.deriveSubmodel(id);
    this.changes.note({ kind: created ? 'created' : 'updated', cause, thing: 'submodel', id });
    return created;
  }

  /** Takes a submodel, its attachments and its registration out. Belongs into `write`. @returns whether there was one. */
  removeSubmodel(id: string, cause: ChangeCause = 'delete'): boolean {
    this.descriptors.underiveSubmodel(id);
    const removed = this.submodels.remove(id);
    if (removed) this.changes.note({ kind: 'deleted', cause, thing: 'submodel', id });
    return removed;
  }

  /** Stores a checked concept description. Belongs into `write`. @returns whether it is new. */
  putConceptDescription(concept: JsonObject, cause: ChangeCause = 'put'): boolean {
    if (this.validation === 'strict') refuseViolations(concept, 'ConceptDescription');
    const id = String(concept['id']);
    const created = this.conceptDescriptions.put(concept);
    this.changes.note({ kind: created ? 'created' : 'updated', cause, thing: 'concept-description', id });
    return created;
  }

  /** Belongs into `write`. @returns whether there was one. */
  removeConceptDescription(id: string, cause: ChangeCause = 'delete'): boolean {
    const removed = this.conceptDescriptions.remove(id);
    if (removed) this.changes.note({ kind: 'deleted', cause, thing: 'concept-description', id });
    return removed;
  }

  #committed(): void {
    this.attachments.collect();
    this.changes.deliver();
  }

  close(): void {
    this.#group.flush();
    this.#sql.close();
  }
}

function hasThumbnail(shell: JsonObject): boolean {
  // Checked on the way in: a shell has assetInformation.
  return (shell['assetInformation'] as JsonObject)['defaultThumbnail'] !== undefined;
}
