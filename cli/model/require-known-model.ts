import type { Federation } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';

/**
 * Refuses a federation whose model no trainer of this version knows. The aggregator cannot tell: it has no models.
 * @throws CodedError `E_UNKNOWN_MODEL` naming the known ones.
 */
export async function requireKnownModel({ id, model }: Federation): Promise<void> {
  const { MODEL_KEYS } = await import('../../services/trainer/probe.ts');
  if (MODEL_KEYS.includes(model.key)) return;
  throw new CodedError(
    'E_UNKNOWN_MODEL',
    `the federation ${id} names the model ${JSON.stringify(model.key)}; known are ${MODEL_KEYS.join(', ')}`,
    { details: { known: MODEL_KEYS } },
  );
}
