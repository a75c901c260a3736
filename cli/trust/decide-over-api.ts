import type { Schemas } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { type AggregatorClient, aggregatorClient, answered } from '../api/aggregator-client.ts';
import { answer } from '../terminal/output.ts';
import { printable } from '../terminal/printable.ts';
import type { TrustOptions } from './trust-options.ts';

/** A trainer answers at its next heartbeat, every two seconds. */
const PATIENCE_MS = 10_000;
const LOOK_INTERVAL_MS = 250;

/**
 * Has a trainer approve or reject a certificate, and waits for its answer a while.
 * @throws CodedError `E_NOT_FOUND`, `E_INVALID_INPUT`, or `E_WRONG_STATE` if the trainer could not.
 */
export async function decideOverApi(
  fingerprint: string,
  decision: Schemas['TrustDecision'],
  options: TrustOptions,
): Promise<void> {
  const client = aggregatorClient(options);
  const { pool, certificate } = await find(client, fingerprint, options.pool);
  const path = { poolId: pool, sha256: certificate.sha256 };
  const noted = await answered(
    client.PUT('/api/pools/{poolId}/certificates/{sha256}/decision', { params: { path }, body: decision }),
  );
  const { state, failure } = await outcome(client, noted);
  if (state === 'failed') throw new CodedError('E_WRONG_STATE', `the trainer of pool ${pool}: ${failure}`);
  const done = decision.action === 'approve' ? 'trusted' : 'rejected';
  answer(options, { ...noted, state }, () =>
    state === 'done'
      ? `${printable(certificate.subject)} is ${done} at pool ${pool} (SHA-256 ${certificate.sha256})`
      : `noted; the trainer of pool ${pool} is away and will learn of it when it is back`,
  );
}

async function find(
  client: AggregatorClient,
  fingerprint: string,
  pool: string | undefined,
): Promise<Schemas['PoolCertificate']> {
  const beginning = fingerprint.replaceAll(':', '').toLowerCase();
  if (!/^[0-9a-f]{8,64}$/.test(beginning)) {
    throw new CodedError(
      'E_INVALID_INPUT',
      `${fingerprint} is no fingerprint: 8 to 64 hex digits of the sha256`,
    );
  }
  const query = pool === undefined ? {} : { pool };
  const all = await answered(client.GET('/api/certificates', { params: { query } }));
  const found = all.filter(({ certificate }) => certificate.sha256.startsWith(beginning));
  const [one, ...others] = found;
  if (one === undefined) {
    throw new CodedError(
      'E_NOT_FOUND',
      `no trainer has reported a certificate with the fingerprint ${fingerprint}`,
    );
  }
  if (others.length > 0) {
    const pools = found.map((each) => each.pool).join(', ');
    throw new CodedError(
      'E_INVALID_INPUT',
      `several fit ${fingerprint}, at pools ${pools}: use --pool or more digits`,
    );
  }
  return one;
}

async function outcome(
  client: AggregatorClient,
  noted: Schemas['NotedTrustDecision'],
): Promise<Schemas['NotedTrustDecision']> {
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const params = { query: { pool: noted.pool } };
    const all = await answered(client.GET('/api/certificates', { params }));
    const { decision } = all.find(({ certificate }) => certificate.sha256 === noted.sha256) ?? {};
    // A later decision of somebody else has taken the place of ours.
    if (decision === undefined || decision.id !== noted.id) return noted;
    if (decision.state !== 'pending' || performance.now() > endMs) return decision;
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
  }
}
