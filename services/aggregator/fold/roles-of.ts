import { DELTA_PART } from '../../../learning/update.ts';
import { partTensorName, type TensorRole, type UpdateHeader } from '../../../learning/update-header.ts';

/**
 * The role of each of the model's tensors, as most updates of a round have it; a version's file does not tell, and a
 * single liar must not decide. Of equally many, `trainable`.
 */
export function rolesOf(headers: readonly Pick<UpdateHeader, 'roles'>[]): ReadonlyMap<string, TensorRole> {
  const prefix = partTensorName(DELTA_PART, '');
  const votes = new Map<string, number>();
  for (const { roles } of headers) {
    for (const [name, role] of Object.entries(roles)) {
      if (!name.startsWith(prefix)) continue;
      const tensor = name.slice(prefix.length);
      votes.set(tensor, (votes.get(tensor) ?? 0) + (role === 'statistic' ? 1 : -1));
    }
  }
  return new Map([...votes].map(([tensor, balance]) => [tensor, balance > 0 ? 'statistic' : 'trainable']));
}
