import { existsSync, writeFileSync } from 'node:fs';
import type { Federation } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { type AggregatorClient, answered } from '../api/aggregator-client.ts';

/** Creates the demo's federation if it is not there yet and makes sure that the join token is in its file. */
export async function ensureFederation(
  client: AggregatorClient,
  federation: Federation,
  tokenFile: string,
): Promise<void> {
  try {
    const { joinToken } = await answered(client.POST('/api/federations', { body: federation }));
    writeFileSync(tokenFile, `${joinToken}\n`, { mode: 0o600 });
  } catch (thrown) {
    if (!(thrown instanceof CodedError && thrown.code === 'E_ALREADY_EXISTS')) throw thrown;
    // A start that was killed between the two steps left the federation without the file.
    if (existsSync(tokenFile)) return;
    const params = { path: { federationId: federation.id } };
    const { joinToken } = await answered(client.POST('/api/federations/{federationId}/tokens', { params }));
    writeFileSync(tokenFile, `${joinToken}\n`, { mode: 0o600 });
  }
}
