import type { Federation, Schemas } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { sortableId, timestamp } from './clock.ts';
import type { Participants } from './participants.ts';
import { makeCredential, matchesHash, parseCredential } from './secrets.ts';
import type { PoolRow } from './store/pool-table.ts';
import type { Store } from './store/store.ts';

type JoinRequest = Schemas['JoinRequest'];

/** Lets trainers in: join tokens, the key of each pool, and who takes part in which federation. */
export class Admission {
  readonly #store: Store;
  readonly #participants: Participants;

  constructor(store: Store, participants: Participants) {
    this.#store = store;
    this.#participants = participants;
  }

  /** Makes a join token of a federation. It is shown once; its hash is kept. */
  makeJoinToken(federation: string): string {
    const id = sortableId();
    const { text, hash } = makeCredential(id);
    this.#store.federations.insertToken({ id, federation, hash }, timestamp());
    return text;
  }

  /** The pool whose key this is, or undefined. */
  poolOfKey(key: string): PoolRow | undefined {
    const credential = parseCredential(key);
    if (credential === undefined) return undefined;
    const pool = this.#store.pools.get(credential.owner);
    if (pool === undefined || !matchesHash(credential.secret, pool.keyHash)) return undefined;
    if (!pool.keyUsed) this.#store.pools.markKeyUsed(pool.id);
    return pool;
  }

  /**
   * Registers a pool and exactly the participants of the request.
   * @param key the pool's key, if the request brought it.
   * @throws CodedError `E_TOKEN_REFUSED`, `E_UNAUTHORIZED`, `E_PARTICIPANT_TAKEN`
   */
  join(request: JoinRequest, key: string | undefined): { key?: string; federations: Federation[] } {
    const federation = request.token === undefined ? undefined : this.#federationOfToken(request.token);
    const known = this.#authorise(request, key, federation);
    this.#refuseTaken(request);
    const made = known === undefined ? makeCredential(request.pool.id) : undefined;
    const at = timestamp();
    this.#store.transaction(() => {
      this.#store.pools.put(
        {
          id: request.pool.id,
          keyHash: made?.hash ?? known!.keyHash,
          keyUsed: made === undefined,
          slots: request.pool.slots,
          numerics: request.pool.numerics,
        },
        at,
      );
      if (federation !== undefined) this.#store.pools.admit(request.pool.id, federation);
      this.#register(request, federation);
    });
    this.#participants.reload();
    const federations = this.federationsOfPool(request.pool.id);
    return made === undefined ? { federations } : { key: made.text, federations };
  }

  /** The federations that at least one participant of the pool is admitted to. */
  federationsOfPool(pool: string): Federation[] {
    const ids = new Set<string>();
    for (const id of this.#participants.ofPool(pool)) {
      for (const federation of this.#participants.get(id)?.federations ?? []) ids.add(federation);
    }
    return [...ids].sort().flatMap((id) => this.#store.federations.get(id)?.federation ?? []);
  }

  #federationOfToken(token: string): string {
    const credential = parseCredential(token);
    const stored = credential === undefined ? undefined : this.#store.federations.token(credential.owner);
    if (credential === undefined || stored === undefined || !matchesHash(credential.secret, stored.hash)) {
      throw new CodedError('E_TOKEN_REFUSED', 'the join token is not one of this aggregator');
    }
    return stored.federation;
  }

  /** The pool's row if the request speaks for a known pool; undefined where a key must be made. */
  #authorise(request: JoinRequest, key: string | undefined, federation: string | undefined) {
    const { id } = request.pool;
    const byKey = key === undefined ? undefined : this.poolOfKey(key);
    if (byKey !== undefined) {
      if (byKey.id === id) return byKey;
      throw new CodedError(
        'E_UNAUTHORIZED',
        `the key is pool ${byKey.id}'s, the request speaks for pool ${id}`,
      );
    }
    if (federation === undefined) {
      throw new CodedError('E_UNAUTHORIZED', `pool ${id} joins with a join token or with its own key`);
    }
    const pool = this.#store.pools.get(id);
    // A key that was never used may have been lost with the answer that carried it; one that was used has an owner.
    if (pool?.keyUsed === true) {
      throw new CodedError(
        'E_UNAUTHORIZED',
        `pool ${id} is known and must show its own key; another trainer needs another pool id`,
      );
    }
    return undefined;
  }

  #refuseTaken(request: JoinRequest): void {
    const faults = request.participants.flatMap(({ id }, index) => {
      const pool = this.#participants.poolOf(id);
      if (pool === undefined || pool === request.pool.id) return [];
      return [{ path: `/participants/${index}/id`, message: `${id} belongs to pool ${pool}` }];
    });
    if (faults.length === 0) return;
    throw new CodedError('E_PARTICIPANT_TAKEN', `pool ${request.pool.id} claims participants of others`, {
      faults,
    });
  }

  #register(request: JoinRequest, federation: string | undefined): void {
    const listed = new Set(request.participants.map((participant) => participant.id));
    for (const id of this.#participants.ofPool(request.pool.id)) {
      // One that an operator took out stays known, or the next join would bring it back.
      if (!listed.has(id) && this.#participants.get(id) !== undefined) this.#store.participants.delete(id);
    }
    const federations = this.#store.pools.federations(request.pool.id);
    for (const { id, attributes, signals } of request.participants) {
      const removed =
        federation === undefined && this.#participants.has(id) && this.#participants.get(id) === undefined;
      this.#store.participants.put({
        id,
        pool: request.pool.id,
        attributes,
        signals,
        removed,
        data: undefined,
        lastSeenAt: undefined,
      });
      if (removed) continue;
      for (const each of federations) this.#store.participants.admit(each, id);
      this.#store.publications.add(`participant:${id}`);
    }
    for (const each of federations) this.#store.publications.add(`federation:${each}`);
  }
}
