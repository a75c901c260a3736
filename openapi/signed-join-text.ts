import { canonicalJson } from '../runtime/canonical-json.ts';
import type { Schemas } from './schemas.ts';

type Signed = Pick<Schemas['JoinRequest'], 'pool' | 'participants'> &
  Pick<Schemas['JoinProof'], 'audience' | 'signedAt'>;

/** What a trainer signs and an aggregator checks: who joins, whom it joins, and when. */
export function signedJoinText({ audience, pool, participants, signedAt }: Signed): Buffer {
  return Buffer.from(`fedshell join 1\n${canonicalJson({ audience, pool, participants, signedAt })}`, 'utf8');
}
