import { canonicalJson } from '../../runtime/canonical-json.ts';
import { CodedError } from '../../runtime/errors.ts';
import { FEDSHELL_KEY, isInteger, isObject, parseFedshellMetadata } from '../weights/fedshell-metadata.ts';
import { readSafetensors, writeSafetensors } from '../weights/safetensors.ts';
import type { ModelTensor, StrategyState } from './strategy.ts';

/** The bytes of a state, a safetensors file with tensors `SLOT/NAME`; equal states give equal bytes. */
export function encodeState(state: StrategyState, model: readonly ModelTensor[]): Uint8Array {
  const { rounds, groups, slots } = state;
  const tensors = [...slots.keys()].sort().flatMap((slot) =>
    model.flatMap(({ name, shape }) => {
      const values = slots.get(slot)!.get(name);
      return values === undefined ? [] : [{ name: `${slot}/${name}`, shape, values }];
    }),
  );
  return writeSafetensors(tensors, { [FEDSHELL_KEY]: canonicalJson({ rounds, groups }) });
}

/** @throws CodedError `E_MALFORMED_SAFETENSORS` */
export function decodeState(bytes: Uint8Array): StrategyState {
  const { header, tensors } = readSafetensors(bytes);
  const value = parseFedshellMetadata(header.metadata, []);
  const { rounds, groups } = value ?? {};
  if (
    !isInteger(rounds, 0) ||
    !isObject(groups) ||
    !Object.values(groups).every((group) => typeof group === 'string')
  ) {
    throw new CodedError('E_MALFORMED_SAFETENSORS', 'the file holds no state of a strategy');
  }
  const slots = new Map<string, Map<string, Float32Array>>();
  for (const [key, { values }] of tensors) {
    const slash = key.indexOf('/');
    const slot = key.slice(0, slash);
    slots.set(slot, (slots.get(slot) ?? new Map()).set(key.slice(slash + 1), values));
  }
  // Each value was checked just now.
  return { rounds: rounds as number, groups: groups as Record<string, string>, slots };
}
