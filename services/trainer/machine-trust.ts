import {
  approveCertificate,
  findCertificate,
  listCertificates,
  rejectCertificate,
} from '../../connectors/opcua/trust-decisions.ts';
import { TrustFolder } from '../../connectors/opcua/trust-folder.ts';
import type { Schemas } from '../../openapi/schemas.ts';
import { toCodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';

/** Longest explanation of a failure that the API takes. */
const LONGEST_FAILURE = 1000;

/**
 * The trust list of the trainer's machines towards the aggregator: it tells what is in the PKI folder, and carries out
 * what an operator decided over the API. Connectors read the folder themselves.
 */
export class MachineTrust {
  readonly #trust: TrustFolder;
  readonly #log: Log;
  #toldRevision: string | undefined;
  #sentRevision: string | undefined;
  /** Of decisions that were carried out, until the aggregator knows. */
  #outcomes = new Map<number, Schemas['TrustOutcome']>();

  constructor(pkiFolder: string, log: Log) {
    this.#trust = new TrustFolder(pkiFolder);
    this.#log = log;
  }

  /** Whether the aggregator waits for something. */
  get hasNews(): boolean {
    return this.#outcomes.size > 0;
  }

  /** What the next heartbeat carries; the certificates only if something changed since the last one that arrived. */
  async report(): Promise<Schemas['TrustReport']> {
    const revision = await this.#trust.revision();
    const outcomes = [...this.#outcomes.values()];
    this.#sentRevision = revision;
    return {
      ...(revision === this.#toldRevision ? {} : { certificates: await listCertificates(this.#trust) }),
      ...(outcomes.length === 0 ? {} : { outcomes }),
    };
  }

  /** The aggregator has a report, and answered with what it still waits for. */
  async arrived(
    { outcomes = [] }: Schemas['TrustReport'],
    decisions: readonly Schemas['PendingTrustDecision'][],
  ): Promise<void> {
    this.#toldRevision = this.#sentRevision;
    for (const { id } of outcomes) this.#outcomes.delete(id);
    for (const decision of decisions) {
      if (!this.#outcomes.has(decision.id)) await this.#carryOut(decision);
    }
  }

  /** An aggregator that this trainer joins anew may have lost what it knew. */
  joinedAnew(): void {
    this.#toldRevision = undefined;
  }

  async #carryOut({ id, sha256, action, allow }: Schemas['PendingTrustDecision']): Promise<void> {
    const log = this.#log;
    try {
      const certificate = await findCertificate(this.#trust, sha256);
      const nowMs = Date.now();
      if (action === 'approve')
        await approveCertificate(this.#trust, certificate, { allow, by: 'api', nowMs });
      else await rejectCertificate(this.#trust, certificate, { by: 'api', nowMs });
      log.info({ event: 'trust.decided', action, sha256, allow }, 'decided over the API of the aggregator');
      this.#outcomes.set(id, { id });
    } catch (thrown) {
      const error = toCodedError(thrown);
      log.warn({ event: 'trust.undecided', action, sha256, code: error.code }, error.message);
      this.#outcomes.set(id, { id, failure: `${error.code}: ${error.message}`.slice(0, LONGEST_FAILURE) });
    }
  }
}
