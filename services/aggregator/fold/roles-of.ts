import { partTensorName, type TensorRole, type UpdateHeader } from '../../../learning/update-header.ts';

/**
 * The role of each of the model's tensors that is sent, as most updates of a round have it; a version's file does not
 * tell, and a single liar must not decide. Of equally many, `trainable`. What most of them lack is not there.
 * @param part that holds all tensors that are sent.
 */
export function rolesOf(
  headers: readonly Pick<UpdateHeader, 'roles'>[],
  part: string,
): ReadonlyMap<string, TensorRole> {
  const prefix = partTensorName(part, '');
  const votes = new Map<string, { sent: number; statistic: number }>();
  for (const { roles } of headers) {
    for (const [name, role] of Object.entries(roles)) {
      if (!name.startsWith(prefix)) continue;
      const tensor = name.slice(prefix.length);
      const vote = votes.get(tensor) ?? { sent: 0, statistic: 0 };
      vote.sent += 1;
      if (role === 'statistic') vote.statistic += 1;
      votes.set(tensor, vote);
    }
  }
  return new Map(
    [...votes]
      .filter(([, { sent }]) => 2 * sent >= headers.length)
      .map(([tensor, { sent, statistic }]) => [tensor, 2 * statistic > sent ? 'statistic' : 'trainable']),
  );
}
