import { join } from 'node:path';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import { canonicalJson } from '../../runtime/canonical-json.ts';
import type { Log } from '../../runtime/log.ts';
import { type CollectionStatus, ParticipantCollection } from './participant-collection.ts';
import { type CollectorConfiguration, type StoreLimits, storeLimits } from './settings.ts';

/** Folder of all sample stores in the state folder of a trainer; one collector owns it. */
export function collectedFolderOf(folder: string): string {
  return join(folder, 'collected');
}

/** Folder of a participant's sample store in the state folder of a trainer. */
export function storeFolderOf(folder: string, participant: string): string {
  return join(collectedFolderOf(folder), participant);
}

/** Folder of the certificates in the state folder of a trainer. */
export function pkiFolderOf(folder: string): string {
  return join(folder, 'pki');
}

interface CollectorOptions {
  /** State folder of the trainer. */
  readonly folder: string;
  readonly log: Log;
}

/** What a new trainer file changed, by participant. */
export interface ConfigurationChange {
  readonly opened: readonly string[];
  readonly reopened: readonly string[];
  readonly closed: readonly string[];
}

/** All OPC UA machines of one trainer file. */
export class Collector {
  readonly #options: CollectorOptions;
  readonly #collections = new Map<string, ParticipantCollection>();
  #applying: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  get statuses(): readonly CollectionStatus[] {
    return [...this.#collections.values()].map(({ status }) => status);
  }

  /**
   * Collects what the trainer file says from now on. A participant whose source is the same goes on undisturbed; the
   * samples of one that is gone stay on disk.
   */
  apply(trainer: CollectorConfiguration): Promise<ConfigurationChange> {
    const result = this.#applying.then(() => this.#apply(trainer));
    this.#applying = result.catch(() => undefined);
    return result;
  }

  /** Opens what was refused now instead of in a few seconds. */
  tryAgain(): void {
    for (const collection of this.#collections.values()) collection.tryAgain();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#applying;
    await Promise.all([...this.#collections.values()].map((collection) => collection.close()));
  }

  async #apply(trainer: CollectorConfiguration): Promise<ConfigurationChange> {
    const wanted = opcuaSources(trainer);
    const limits = storeLimits(trainer, wanted.size);
    const closed = [...this.#collections.keys()].filter((id) => !wanted.has(id));
    const reopened = [...wanted].flatMap(([id, source]) => {
      const present = this.#collections.get(id);
      return present === undefined || canonicalJson(present.source) === canonicalJson(source) ? [] : [id];
    });
    await Promise.all([...closed, ...reopened].map((id) => this.#close(id)));
    const opened = [...wanted.keys()].filter((id) => !this.#collections.has(id) && !reopened.includes(id));
    if (this.#closed) return { opened: [], reopened: [], closed };
    for (const collection of this.#collections.values()) collection.setLimits(limits);
    for (const id of [...opened, ...reopened]) this.#open(id, wanted.get(id), limits);
    return { opened, reopened, closed };
  }

  async #close(id: string): Promise<void> {
    await this.#collections.get(id)?.close();
    this.#collections.delete(id);
  }

  #open(participant: string, source: OpcuaSource | undefined, limits: StoreLimits): void {
    if (source === undefined) return;
    const { folder, log } = this.#options;
    const collection = new ParticipantCollection({
      participant,
      source,
      storeFolder: storeFolderOf(folder, participant),
      pkiFolder: pkiFolderOf(folder),
      limits,
      log,
    });
    this.#collections.set(participant, collection);
    collection.start();
  }
}

function opcuaSources({ participants }: CollectorConfiguration): ReadonlyMap<string, OpcuaSource> {
  return new Map(
    participants.flatMap(({ id, source: { opcua } }) => (opcua === undefined ? [] : [[id, opcua] as const])),
  );
}
