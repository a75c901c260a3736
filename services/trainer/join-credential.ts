import type { Schemas, TrainerFile } from '../../openapi/schemas.ts';
import { readSecret } from '../../runtime/read-secret.ts';
import { proveJoin } from './prove-join.ts';

type JoinRequest = Schemas['JoinRequest'];

/** What the trainer shows to be let in the first time: the join token of its file, else a proof by its certificate. */
export function joinCredential(
  { token, certificate, aggregator }: TrainerFile,
  request: Omit<JoinRequest, 'token' | 'proof'>,
): (() => Promise<Pick<JoinRequest, 'token' | 'proof'>>) | undefined {
  if (token !== undefined) return async () => ({ token: await readSecret(token) });
  if (certificate === undefined) return undefined;
  return async () => ({ proof: await proveJoin(request, certificate, aggregator) });
}
