import { canonicalJson } from '../../runtime/canonical-json.ts';
import { CodedError } from '../../runtime/errors.ts';
import { FEDSHELL_KEY, isInteger, isObject, parseFedshellMetadata } from '../weights/fedshell-metadata.ts';
import { readSafetensors, writeSafetensors } from '../weights/safetensors.ts';
import type { SafetensorsHeader } from '../weights/safetensors-header.ts';
import type { TensorSpec } from '../weights/tensor.ts';
import type { ModelTensor, StrategyState } from './strategy.ts';

/** A state's tensors as they stand in its file, `SLOT/NAME`. @param slots names of tensors by slot */
export function stateTensors(
  slots: ReadonlyMap<string, readonly string[]>,
  model: readonly ModelTensor[],
): TensorSpec[] {
  return [...slots.keys()].sort().flatMap((slot) => {
    const names = new Set(slots.get(slot));
    return model
      .filter(({ name }) => names.has(name))
      .map(({ name, shape }) => ({ name: slotTensorName(slot, name), shape }));
  });
}

/** The name of a slot's tensor in a state's file. */
export function slotTensorName(slot: string, tensor: string): string {
  return `${slot}/${tensor}`;
}

/** The metadata of a state's file. */
export function stateMetadata({ rounds, groups }: Omit<StrategyState, 'slots'>): Record<string, string> {
  return { [FEDSHELL_KEY]: canonicalJson({ rounds, groups }) };
}

/** What the header of a state's file tells. @throws CodedError `E_MALFORMED_SAFETENSORS` */
export function readStateHeader({ metadata, tensors }: SafetensorsHeader): {
  readonly state: Omit<StrategyState, 'slots'>;
  /** Names of tensors by slot. */
  readonly slots: ReadonlyMap<string, readonly string[]>;
} {
  const value = parseFedshellMetadata(metadata, []);
  const { rounds, groups } = value ?? {};
  if (
    !isInteger(rounds, 0) ||
    !isObject(groups) ||
    !Object.values(groups).every((group) => typeof group === 'string')
  ) {
    throw new CodedError('E_MALFORMED_SAFETENSORS', 'the file holds no state of a strategy');
  }
  const slots = new Map<string, string[]>();
  for (const { name } of tensors) {
    const slash = name.indexOf('/');
    const slot = name.slice(0, slash);
    slots.set(slot, [...(slots.get(slot) ?? []), name.slice(slash + 1)]);
  }
  // Each value was checked just now.
  return { state: { rounds: rounds as number, groups: groups as Record<string, string> }, slots };
}

/** The bytes of a state, a safetensors file; equal states give equal bytes. */
export function encodeState(state: StrategyState, model: readonly ModelTensor[]): Uint8Array {
  const names = new Map([...state.slots].map(([slot, values]) => [slot, [...values.keys()]]));
  const tensors = stateTensors(names, model).map((spec) => {
    const slash = spec.name.indexOf('/');
    return { ...spec, values: state.slots.get(spec.name.slice(0, slash))!.get(spec.name.slice(slash + 1))! };
  });
  return writeSafetensors(tensors, stateMetadata(state));
}

/** @throws CodedError `E_MALFORMED_SAFETENSORS` */
export function decodeState(bytes: Uint8Array): StrategyState {
  const { header, tensors } = readSafetensors(bytes);
  const { state, slots } = readStateHeader(header);
  const values = [...slots].map(([slot, names]) => {
    const each = names.map((name) => [name, tensors.get(slotTensorName(slot, name))!.values] as const);
    return [slot, new Map(each)] as const;
  });
  return { ...state, slots: new Map(values) };
}
