import type { AttackSpec } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { Attack } from './attack.ts';
import { deepFool } from './deep-fool.ts';
import { fgsm } from './fgsm.ts';
import { pgd } from './pgd.ts';

/** One line an attack; what a specification leaves open is as in the published evaluation. */
const ATTACKS: ReadonlyMap<string, (spec: AttackSpec) => Attack> = new Map([
  ['fgsm', ({ epsilon = 0.05 }) => fgsm(epsilon)],
  ['pgd', ({ epsilon = 0.05, iterations = 5 }) => pgd({ epsilon, iterations })],
  ['deepfool', ({ iterations = 5, overshoot = 0.02 }) => deepFool({ iterations, overshoot })],
]);

/** The keys that a federation and a command line may name. */
export const ATTACK_KEYS: readonly string[] = [...ATTACKS.keys()];

/**
 * The attack of a specification.
 * @throws CodedError `E_INVALID_INPUT` naming the known ones.
 */
export function attackOf(spec: AttackSpec): Attack {
  const create = ATTACKS.get(spec.key);
  if (create !== undefined) return create(spec);
  const message = `there is no attack ${JSON.stringify(spec.key)}; known are ${ATTACK_KEYS.join(', ')}`;
  throw new CodedError('E_INVALID_INPUT', message, { details: { known: ATTACK_KEYS } });
}
