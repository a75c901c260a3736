import type { AttackSpec } from '../../openapi/schemas.ts';
import { validate } from '../../openapi/validate.ts';

interface AttackOptions {
  /** Keys, separated by commas. */
  readonly attack?: string;
  readonly epsilon?: number;
  readonly iterations?: number;
}

/**
 * The attacks that a command line names, each with the options that it has.
 * @throws CodedError `E_INVALID_INPUT`
 */
export function attackSpecs({ attack, epsilon, iterations }: AttackOptions): AttackSpec[] {
  const keys = (attack ?? '')
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  return keys.map((key) =>
    validate(
      'AttackSpec',
      {
        key,
        ...(epsilon !== undefined && key !== 'deepfool' && { epsilon }),
        ...(iterations !== undefined && key !== 'fgsm' && { iterations }),
      },
      `the attack ${key}`,
    ),
  );
}
