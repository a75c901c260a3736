import type { Federation, Schemas } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { sortableId, timestamp } from './clock.ts';
import type { Participants } from './participants.ts';
import { checkJoinProof } from './proposals/check-join-proof.ts';
import { Proposals } from './proposals/proposals.ts';
import { makeCredential, matchesHash, parseCredential } from './secrets.ts';
import type { PoolRow } from './store/pool-table.ts';
import type { Store } from './store/store.ts';

type JoinRequest = Schemas['JoinRequest'];

/** Lets trainers in: join tokens, the key of each pool, and who takes part in which federation. */
export class Admission {
  readonly #store: Store;
  readonly #participants: Participants;
  /** Participants that wait for their admission. */
  readonly proposals: Proposals;

  constructor(store: Store, participants: Participants) {
    this.#store = store;
    this.#participants = participants;
    this.proposals = new Proposals({
      store,
      isAdmitted: (id) => participants.get(id) !== undefined,
      makeJoinToken: (federation) => this.makeJoinToken(federation),
    });
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
   * @param host the request's `Host`, for which a proof must have been made.
   * @throws CodedError `E_TOKEN_REFUSED`, `E_UNAUTHORIZED`, `E_PARTICIPANT_TAKEN`, `E_NOT_APPROVED`
   */
  join(
    request: JoinRequest,
    key: string | undefined,
    host: string,
  ): { key?: string; federations: Federation[] } {
    const federation = request.token === undefined ? undefined : this.#federationOfToken(request.token);
    const shows = federation === undefined && key === undefined ? request.proof : undefined;
    const certificate = shows === undefined ? undefined : checkJoinProof(request, shows, host, Date.now());
    const known = this.#authorise(request, key, federation, certificate);
    this.#refuseTaken(request);
    const ids = request.participants.map(({ id }) => id);
    const proven =
      certificate === undefined ? undefined : this.proposals.admit(request.pool.id, ids, certificate);
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
          alternatives: request.pool.alternatives ?? [],
          software: request.pool.software,
        },
        at,
      );
      if (federation !== undefined) this.#store.pools.admit(request.pool.id, federation);
      if (certificate !== undefined) this.#store.proposals.putCertificate(request.pool.id, certificate);
      this.#register(request, federation, proven);
      this.proposals.forget(ids);
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
  #authorise(
    request: JoinRequest,
    key: string | undefined,
    federation: string | undefined,
    certificate: string | undefined,
  ) {
    const { id } = request.pool;
    const byKey = key === undefined ? undefined : this.poolOfKey(key);
    if (byKey !== undefined) {
      if (byKey.id === id) return byKey;
      throw new CodedError(
        'E_UNAUTHORIZED',
        `the key is pool ${byKey.id}'s, the request speaks for pool ${id}`,
      );
    }
    if (federation === undefined && certificate === undefined) {
      throw new CodedError(
        'E_UNAUTHORIZED',
        `pool ${id} joins with a join token, with its own key, or with a proof by its certificate`,
      );
    }
    const pool = this.#store.pools.get(id);
    const isOwner = certificate !== undefined && this.#store.proposals.certificateOf(id) === certificate;
    // A key that was never used may have been lost with the answer that carried it; one that was used has an owner.
    if (pool?.keyUsed === true && !isOwner) {
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

  /** @param proven the federations that a proof admits participants to. */
  #register(
    request: JoinRequest,
    federation: string | undefined,
    proven: ReadonlyMap<string, string | undefined> = new Map(),
  ): void {
    const listed = new Set(request.participants.map((participant) => participant.id));
    for (const id of this.#participants.ofPool(request.pool.id)) {
      // One that an operator took out stays known, or the next join would bring it back.
      if (!listed.has(id) && this.#participants.get(id) !== undefined) this.#store.participants.delete(id);
    }
    const federations = this.#store.pools.federations(request.pool.id);
    for (const { id, attributes, signals, published } of request.participants) {
      const removed =
        federation === undefined &&
        !proven.has(id) &&
        this.#participants.has(id) &&
        this.#participants.get(id) === undefined;
      this.#store.participants.put({
        id,
        pool: request.pool.id,
        attributes,
        signals,
        removed,
        data: undefined,
        lastSeenAt: undefined,
        published,
      });
      if (removed) continue;
      const own = proven.get(id);
      if (own !== undefined) {
        this.#store.participants.admit(own, id);
        this.#store.publications.add(`federation:${own}`);
      }
      for (const each of federations) this.#store.participants.admit(each, id);
      this.#store.publications.add(`participant:${id}`);
    }
    for (const each of federations) this.#store.publications.add(`federation:${each}`);
  }
}
