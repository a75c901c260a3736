import { CodedError } from '../../../runtime/errors.ts';
import type { ShellDescriptor, SubmodelDescriptor } from '../../model.ts';
import type { ChangeCause } from '../changes/change-feed.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { SUBMODEL_REGISTRY } from '../storage/descriptor-store.ts';

/** Writes the registries and tells of the changes. All of it belongs into a transaction. */
export class RegistryWriter {
  readonly #storage: AasStorage;

  constructor(storage: AasStorage) {
    this.#storage = storage;
  }

  /** @throws CodedError `E_ALREADY_EXISTS` if somebody wrote one; a derived entry may be written over */
  createShell(descriptor: ShellDescriptor, cause: ChangeCause): void {
    if (this.#storage.descriptors.isWritten(descriptor.id)) {
      throw new CodedError('E_ALREADY_EXISTS', `there already is a descriptor of the shell ${descriptor.id}`);
    }
    this.putShell(descriptor, cause);
  }

  /** @returns whether it is new. */
  putShell(descriptor: ShellDescriptor, cause: ChangeCause): boolean {
    const created = this.#storage.descriptors.putShell(descriptor);
    this.#note(created ? 'created' : 'updated', cause, descriptor.id);
    return created;
  }

  /** @throws CodedError `E_AAS_NOT_FOUND` */
  removeShell(id: string, cause: ChangeCause): void {
    this.#storage.descriptors.removeShell(id);
    this.#note('deleted', cause, id);
  }

  /** @throws CodedError `E_ALREADY_EXISTS`, `E_AAS_NOT_FOUND` without the shell descriptor that owns it */
  createSubmodel(owner: string, descriptor: SubmodelDescriptor, cause: ChangeCause): void {
    if (this.#storage.descriptors.isWritten(descriptor.id, owner)) {
      throw new CodedError(
        'E_ALREADY_EXISTS',
        `there already is a descriptor of the submodel ${descriptor.id}`,
      );
    }
    this.putSubmodel(owner, descriptor, cause);
  }

  /** @returns whether it is new. @throws CodedError `E_AAS_NOT_FOUND` without the shell descriptor that owns it */
  putSubmodel(owner: string, descriptor: SubmodelDescriptor, cause: ChangeCause): boolean {
    const created = this.#storage.descriptors.putSubmodel(owner, descriptor);
    this.#note(created ? 'created' : 'updated', cause, descriptor.id, owner);
    return created;
  }

  /** @throws CodedError `E_AAS_NOT_FOUND` */
  removeSubmodel(owner: string, id: string, cause: ChangeCause): void {
    this.#storage.descriptors.removeSubmodel(owner, id);
    this.#note('deleted', cause, id, owner);
  }

  /** @param owner of a submodel descriptor; undefined for a shell descriptor */
  #note(kind: 'created' | 'updated' | 'deleted', cause: ChangeCause, id: string, owner?: string): void {
    const inside = owner === undefined || owner === SUBMODEL_REGISTRY ? {} : { shellId: owner };
    const thing = owner === undefined ? 'shell-descriptor' : 'submodel-descriptor';
    this.#storage.changes.note({ kind, cause, thing, id, ...inside });
  }
}
