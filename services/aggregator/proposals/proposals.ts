import type { FoundParticipant } from '../../../aas/client/find-participants.ts';
import type { Proposal, Schemas } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { timestamp } from '../clock.ts';
import { present } from '../store/present.ts';
import type { ProposalRow } from '../store/proposal-table.ts';
import type { Store } from '../store/store.ts';

interface Options {
  readonly store: Store;
  /** Whether it takes part here already. */
  isAdmitted(participant: string): boolean;
  /** Makes a join token of a federation. */
  makeJoinToken(federation: string): string;
}

const NEW: Omit<ProposalRow, 'id' | 'at'> = {
  lookup: null,
  shell_id: null,
  federation: null,
  certificate_sha256: null,
  pool: null,
  asked_with_sha256: null,
  approved_sha256: null,
  approved: 0,
};

/** Participants that registries propose, and what makes them admitted. */
export class Proposals {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  list(): Proposal[] {
    return this.#options.store.proposals.all().map(view);
  }

  /** Takes in what a look-up found; what it no longer finds, and nobody asked or approved, is forgotten. */
  noteFound(lookup: Schemas['AasLookup'], found: readonly FoundParticipant[]): void {
    const { store, isAdmitted } = this.#options;
    store.transaction(() => {
      for (const { id, shellId, certificateSha256 } of found) {
        const known = store.proposals.get(id);
        // The first registry that names it speaks for it: a second one must not bring another certificate.
        if (isAdmitted(id) || (known !== undefined && known.lookup !== null && known.lookup !== lookup.id))
          continue;
        const federation = known?.federation ?? lookup.federation ?? null;
        const row: ProposalRow = {
          ...(known ?? { ...NEW, id, at: timestamp() }),
          lookup: lookup.id,
          shell_id: shellId,
          federation,
          certificate_sha256: certificateSha256 ?? null,
        };
        if (known === undefined || JSON.stringify(known) !== JSON.stringify(row)) store.proposals.put(row);
      }
      for (const row of store.proposals.all()) {
        if (row.lookup !== lookup.id || found.some(({ id }) => id === row.id)) continue;
        if (row.pool === null && row.approved === 0) store.proposals.delete(row.id);
        else store.proposals.put({ ...row, lookup: null, shell_id: null, certificate_sha256: null });
      }
    });
  }

  /**
   * Approves a proposed participant: with the certificate that its trainer showed, or with a new join token.
   * @throws CodedError `E_NOT_FOUND`, `E_WRONG_STATE` where neither a certificate nor a federation is known, or two
   * certificates are
   */
  approve(id: string, approval: Schemas['Approval']): Schemas['ApprovalAnswer'] {
    const { store, makeJoinToken } = this.#options;
    const row = store.proposals.get(id);
    if (row === undefined) throw new CodedError('E_NOT_FOUND', `no participant ${id} is proposed`);
    const federation = approval.federation ?? row.federation;
    if (federation !== null && store.federations.get(federation) === undefined) {
      throw new CodedError('E_NOT_FOUND', `there is no federation ${federation}`);
    }
    const { asked_with_sha256: asked, certificate_sha256: listed } = row;
    if (approval.certificateSha256 === undefined && asked !== null && listed !== null && asked !== listed) {
      throw new CodedError(
        'E_WRONG_STATE',
        `the registry names the certificate ${listed} for ${id}, pool ${row.pool} asks with ${asked}; say which one you approve`,
      );
    }
    const certificate = approval.certificateSha256 ?? asked ?? listed;
    if (certificate === null && federation === null) {
      throw new CodedError(
        'E_WRONG_STATE',
        `nobody asked to join as ${id} yet; name a federation, so that a join token can be made for its trainer`,
      );
    }
    const approved: ProposalRow = { ...row, federation, approved: 1, approved_sha256: certificate };
    store.transaction(() => store.proposals.put(approved));
    const proposal = view(approved);
    return certificate === null && federation !== null
      ? { proposal, joinToken: makeJoinToken(federation) }
      : { proposal };
  }

  /**
   * The federation of each participant of a pool that showed this certificate.
   * @param certificateSha256 of the certificate whose key signed the request.
   * @throws CodedError `E_NOT_APPROVED` with those that nobody vouched for; they are noted as asking
   */
  admit(
    pool: string,
    participants: readonly string[],
    certificateSha256: string,
  ): ReadonlyMap<string, string | undefined> {
    const { store, isAdmitted } = this.#options;
    // A pool that was admitted with this certificate lost its key.
    const isKnown = store.proposals.certificateOf(pool) === certificateSha256;
    const federations = new Map<string, string | undefined>();
    const strangers: string[] = [];
    for (const id of participants) {
      const row = store.proposals.get(id);
      const vouched = [row?.certificate_sha256, row?.approved_sha256].includes(certificateSha256);
      if (vouched || (isKnown && isAdmitted(id))) federations.set(id, row?.federation ?? undefined);
      else strangers.push(id);
    }
    if (strangers.length === 0) return federations;
    this.#noteAsking(pool, strangers, certificateSha256);
    const faults = strangers.map((id) => ({
      path: `/participants/${participants.indexOf(id)}/id`,
      message: `${id} waits for: fedshell participant approve ${id}`,
    }));
    throw new CodedError(
      'E_NOT_APPROVED',
      `nobody vouched for the certificate ${certificateSha256} of pool ${pool} yet`,
      { faults },
    );
  }

  has(participant: string): boolean {
    return this.#options.store.proposals.get(participant) !== undefined;
  }

  /** These take part now, or are not wanted. Belongs into a transaction. */
  forget(participants: readonly string[]): void {
    for (const id of participants) this.#options.store.proposals.delete(id);
  }

  #noteAsking(pool: string, participants: readonly string[], certificateSha256: string): void {
    const { store, isAdmitted } = this.#options;
    const rows = participants.flatMap((id) => {
      const known = store.proposals.get(id);
      // Nobody fills the list from outside: without a proposal by a registry there is room for a few that ask.
      if (isAdmitted(id) || (known === undefined && store.proposals.all().length >= MOST_ASKING)) return [];
      // The first one that asks stays, so that what an operator approves is what that operator read.
      if (typeof known?.asked_with_sha256 === 'string') return [];
      return [{ ...(known ?? { ...NEW, id, at: timestamp() }), pool, asked_with_sha256: certificateSha256 }];
    });
    if (rows.length === 0) return;
    store.transaction(() => {
      for (const row of rows) store.proposals.put(row);
    });
  }
}

const MOST_ASKING = 1000;

function view(row: ProposalRow): Proposal {
  return present({
    id: row.id,
    state: 'proposed' as const,
    reason: reasonOf(row),
    lookup: row.lookup ?? undefined,
    shellId: row.shell_id ?? undefined,
    federation: row.federation ?? undefined,
    certificateSha256: row.certificate_sha256 ?? undefined,
    pool: row.pool ?? undefined,
    askedWithSha256: row.asked_with_sha256 ?? undefined,
    approved: row.approved === 1,
    at: row.at,
  });
}

function reasonOf(row: ProposalRow): string {
  const { certificate_sha256: listed, asked_with_sha256: asked, approved_sha256: approved } = row;
  if (approved !== null) return `approved; its trainer joins with the certificate ${short(approved)}`;
  if (row.approved === 1) return 'approved; its trainer joins with the token';
  if (asked !== null && asked !== listed) {
    return `pool ${row.pool} asks with the certificate ${short(asked)}, for which nobody vouched; approve it`;
  }
  if (listed !== null)
    return `found by ${row.lookup}; its trainer joins with the certificate ${short(listed)}`;
  return `found by ${row.lookup}; its trainer joins with a join token, or after an approval`;
}

const short = (sha256: string) => `${sha256.slice(0, 16)}…`;
