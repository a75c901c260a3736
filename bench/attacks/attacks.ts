import { randomStream } from '../../learning/random.ts';
import type { TamperedUpdate } from '../../services/simulation/simulation-options.ts';

/** What attackers do to their updates, knowing those of all. */
export type Attack = (
  attackers: readonly TamperedUpdate[],
  honest: readonly TamperedUpdate[],
  round: number,
) => void;

/** Attackers of 20, and what the ALIE paper's z is for them: Φ(z) = (20 - 4 - 7) / (20 - 4). */
const ALIE_Z = 0.157;
const IPM_EPSILON = 0.5;

/** By name; `label-permutation` also trains on permuted labels. The first four are loud, the last two stealthy. */
export const ATTACKS = {
  'sign-flip': (attackers) => scale(attackers, -5),
  scaling: (attackers) => scale(attackers, 20),
  'label-permutation': (attackers) => scale(attackers, 5),
  gaussian: (attackers, honest, round) => {
    const norms = [...honest, ...attackers].map(normOf).sort((one, other) => one - other);
    const median = norms[norms.length >> 1] ?? 0;
    for (const attacker of attackers) {
      const { participant } = attacker;
      const random = randomStream({ seed: 1, round, participant, purpose: 'gaussian-attack' });
      overwrite(attacker, () => random.normal());
      scale([attacker], (10 * median) / normOf(attacker));
    }
  },
  // A Little Is Enough (arXiv:1902.06156): the mean of the honest less z of their deviations.
  alie: (attackers, honest) => {
    for (const attacker of attackers) {
      overwrite(attacker, (tensor, index) => {
        const { mean, deviation } = momentsOf(honest, tensor, index);
        return mean - ALIE_Z * deviation;
      });
    }
  },
  // Inner-product manipulation (arXiv:1903.03936): against the mean of the honest.
  ipm: (attackers, honest) => {
    for (const attacker of attackers) {
      overwrite(attacker, (tensor, index) => -IPM_EPSILON * momentsOf(honest, tensor, index).mean);
    }
  },
} satisfies Record<string, Attack>;

export type AttackName = keyof typeof ATTACKS;

function scale(updates: readonly TamperedUpdate[], factor: number): void {
  for (const { tensors } of updates) {
    for (const { values } of tensors.values()) {
      for (let index = 0; index < values.length; index++) values[index]! *= factor;
    }
  }
}

function overwrite({ tensors }: TamperedUpdate, value: (tensor: string, index: number) => number): void {
  for (const [name, { values }] of tensors) {
    for (let index = 0; index < values.length; index++) values[index] = value(name, index);
  }
}

function normOf({ tensors }: TamperedUpdate): number {
  let sum = 0;
  for (const { values } of tensors.values()) for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

function momentsOf(updates: readonly TamperedUpdate[], tensor: string, index: number) {
  let sum = 0;
  let squares = 0;
  for (const { tensors } of updates) {
    const value = tensors.get(tensor)!.values[index]!;
    sum += value;
    squares += value * value;
  }
  const mean = sum / updates.length;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / updates.length - mean * mean)) };
}
