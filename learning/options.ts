import { CodedError, type Fault } from '../runtime/errors.ts';

/**
 * Refuses options that the key does not have: a misspelt one would otherwise be without effect, in silence.
 * @param place where the specification stands in its file, as a JSON pointer without the leading slash.
 * @throws CodedError `E_INVALID_INPUT` with a fault per option.
 */
export function refuseUnknownOptions(
  place: string,
  spec: { readonly key: string; readonly [option: string]: unknown },
  known: readonly string[],
): void {
  const faults: Fault[] = Object.keys(spec)
    .filter((option) => option !== 'key' && !known.includes(option))
    .map((option) => ({ path: `/${place}/${option}`, message: 'unknown key' }));
  if (faults.length === 0) return;
  const options = known.length === 0 ? 'has no options' : `has the options ${known.join(', ')}`;
  throw new CodedError('E_INVALID_INPUT', `${spec.key} ${options}`, { faults });
}
