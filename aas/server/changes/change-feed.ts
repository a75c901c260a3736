/** What an environment holds and tells changes of. */
export type ChangedThing =
  | 'shell'
  | 'submodel'
  | 'element'
  | 'concept-description'
  | 'shell-descriptor'
  | 'submodel-descriptor'
  | 'asset-links';

/** How a change came about; a subscriber that writes back tells its own changes from others by it. */
export type ChangeCause =
  | 'post'
  | 'put'
  | 'patch'
  | 'metadata'
  | 'value'
  | 'attachment'
  | 'delete'
  | 'publication'
  | 'bulk';

/** Something changed, and is durable. */
export interface Change {
  readonly kind: 'created' | 'updated' | 'deleted';
  readonly cause: ChangeCause;
  readonly thing: ChangedThing;
  /** Id of the shell, the submodel (an element's too) or the concept description. */
  readonly id: string;
  /** Of an element. A change of a container is told once, not for each element inside. */
  readonly idShortPath?: string;
  /** Of a submodel descriptor inside a shell descriptor: that shell's id. */
  readonly shellId?: string;
}

/** Told of each change after it is durable, in the order of the writes. It must not throw; what it takes long for it does later. */
export type ChangeListener = (change: Change) => void;

/** Changes of an environment, for subscribers in the same process. */
export class ChangeFeed {
  readonly #listeners = new Set<ChangeListener>();
  #pending: Change[] = [];

  /** @returns ends the subscription. */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Notes a change of the transaction under way. */
  note(change: Change): void {
    if (this.#listeners.size > 0) this.#pending.push(change);
  }

  /** Wraps work inside a transaction, so that the changes it noted are forgotten when it fails. */
  noting<Result>(work: () => Result): Result {
    const before = this.#pending.length;
    try {
      return work();
    } catch (thrown) {
      this.#pending.length = before;
      throw thrown;
    }
  }

  /** Tells what was noted: the transaction is durable. */
  deliver(): void {
    if (this.#pending.length === 0) return;
    const changes = this.#pending;
    this.#pending = [];
    for (const change of changes) for (const listener of this.#listeners) listener(change);
  }

  /** Forgets what was noted: the transaction failed. */
  discard(): void {
    this.#pending = [];
  }
}
