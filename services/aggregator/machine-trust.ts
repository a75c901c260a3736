import type { Schemas } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { timestamp } from './clock.ts';
import type { Store } from './store/store.ts';

/**
 * Certificates of machines, as far as the aggregator knows them: what trainers report, and decisions that wait until a
 * trainer takes them. Who is trusted is the trainer's alone to hold.
 */
export class MachineTrust {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Those of one pool, or of all. @throws CodedError `E_NOT_FOUND` for an unknown pool. */
  list(pool: string | undefined): Schemas['PoolCertificate'][] {
    const { trust } = this.#store;
    if (pool !== undefined) this.#requirePool(pool);
    const reports = pool === undefined ? trust.reports() : [trust.report(pool)];
    return reports.flatMap((report) =>
      (report?.certificates ?? []).map((certificate) => {
        const { pool: id, at: reportedAt } = report!; // There is one, since it has certificates.
        const decision = trust.latest(id, certificate.sha256);
        return { pool: id, reportedAt, certificate, ...(decision === undefined ? {} : { decision }) };
      }),
    );
  }

  /**
   * Notes a decision for the trainer of a pool.
   * @throws CodedError `E_NOT_FOUND` for a pool or a certificate that it did not report.
   */
  decide(pool: string, sha256: string, decision: Schemas['TrustDecision']): Schemas['NotedTrustDecision'] {
    this.#requirePool(pool);
    const { trust } = this.#store;
    const known = trust.report(pool)?.certificates.some((certificate) => certificate.sha256 === sha256);
    if (known !== true) {
      throw new CodedError('E_NOT_FOUND', `pool ${pool} has reported no certificate ${sha256}`);
    }
    return this.#store.transaction(() => trust.addDecision(pool, sha256, decision, timestamp()));
  }

  /** Takes what a pool reports, and returns what it is to do. */
  heartbeat(pool: string, report: Schemas['TrustReport'] | undefined): Schemas['PendingTrustDecision'][] {
    const { trust } = this.#store;
    if (report === undefined) return [];
    const { certificates, outcomes = [] } = report;
    if (certificates !== undefined || outcomes.length > 0) {
      this.#store.transaction(() => {
        if (certificates !== undefined) trust.putReport({ pool, certificates, at: timestamp() });
        for (const outcome of outcomes) trust.settle(pool, outcome);
      });
    }
    return trust.pending(pool).map(({ id, sha256, action, allow }) => ({ id, sha256, action, allow }));
  }

  #requirePool(pool: string): void {
    if (this.#store.pools.get(pool) === undefined) {
      throw new CodedError('E_NOT_FOUND', `there is no pool ${pool}`);
    }
  }
}
