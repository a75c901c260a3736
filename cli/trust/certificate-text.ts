import type { Schemas } from '../../openapi/schemas.ts';
import { answerList, type OutputOptions } from '../terminal/output.ts';

type Listed = Schemas['MachineCertificate'] & {
  readonly pool?: string;
  readonly decision?: Schemas['NotedTrustDecision'];
};

/** Hex digits of a fingerprint in a table: enough for a command, and for the eye to begin with. */
const SHORT_FINGERPRINT_DIGITS = 16;

/** Answers with a list of certificates. */
export function answerCertificates(options: OutputOptions, certificates: readonly Listed[]): void {
  answerList(
    options,
    certificates,
    {
      ...(certificates.some(({ pool }) => pool !== undefined) ? { pool: ({ pool }: Listed) => pool } : {}),
      fingerprint: ({ sha256 }) => sha256.slice(0, SHORT_FINGERPRINT_DIGITS),
      state: stateText,
      subject: ({ subject, authority }) => (authority ? `${subject} (authority)` : subject),
      hosts: ({ hosts }) => hosts.join(' '),
      until: ({ validTo }) => validTo.slice(0, 10),
      refused: ({ refusals }) => refusals.map(({ endpoint, reason }) => `${endpoint}: ${reason}`).join('; '),
    },
    'no certificate of a machine yet: one appears here when a connector first sees it',
  );
}

function stateText({ status, allowed, decision }: Listed): string {
  const state = allowed.length === 0 ? status : `${status}, allowed ${allowed.join(' ')}`;
  if (decision?.state === 'pending') return `${state} (to ${decision.action}: its trainer has not answered)`;
  if (decision?.state === 'failed') return `${state} (${decision.failure ?? 'failed'})`;
  return state;
}
