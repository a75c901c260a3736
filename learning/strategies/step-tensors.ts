import type { GroupRound, ReducedRound, RoundResult, StrategyState, UpdatePart } from './strategy.ts';

type Numbers = Float32Array | Float64Array;

/** A trainable tensor (or a piece of it) on its way to the next version. */
export interface TensorStep {
  /** The mean of a part; zeros where the part has no such tensor. */
  mean(part: UpdatePart): Numbers;
  /** A copy of what the state has, to be changed; `initial` everywhere before the first round. */
  slot(name: string, initial?: number): Float32Array;
  /** The next values, each of the base's value and its index; in 64 bits and rounded once. */
  each(next: (value: number, index: number) => number): Float32Array;
  /** The base plus so many times a part's mean. */
  add(part: UpdatePart, factor: number): Float32Array;
}

/**
 * Makes the next versions, tensor by tensor and group by group. Statistic tensors get the plain mean whatever the step
 * is: no strategy optimises them. Tensors that stay with the participants are those of the base.
 */
export function stepTensors(
  state: StrategyState,
  round: ReducedRound,
  step: (tensor: TensorStep, group: GroupRound) => Float32Array,
): RoundResult {
  const slots = new Map([...state.slots].map(([name, values]) => [name, new Map(values)]));
  const versions = new Map<string, ReadonlyMap<string, Float32Array>>();
  for (const [groupName, group] of round.groups) {
    const version = new Map<string, Float32Array>();
    for (const tensor of round.model) {
      const { name, role } = tensor;
      const base = group.base.get(name)!;
      const add = (part: UpdatePart, factor: number) =>
        sumOf(base, group.means.get(part)!.get(name)!, factor);
      if (![...group.means.values()].some((means) => means.has(name))) {
        version.set(name, Float32Array.from(base));
        continue;
      }
      if (role === 'statistic' && group.means.has('delta')) {
        version.set(name, add('delta', 1));
        continue;
      }
      const each = (next: (value: number, index: number) => number): Float32Array => {
        const values = new Float32Array(base.length);
        for (let index = 0; index < values.length; index++) values[index] = next(base[index]!, index);
        return values;
      };
      const mean = (part: UpdatePart) => group.means.get(part)?.get(name) ?? new Float32Array(base.length);
      const slot = (slotName: string, initial = 0): Float32Array => {
        const values = slots.get(slotName)?.get(name)?.slice() ?? new Float32Array(base.length).fill(initial);
        slots.set(slotName, (slots.get(slotName) ?? new Map()).set(name, values));
        return values;
      };
      version.set(name, step({ mean, slot, each, add }, group));
    }
    versions.set(groupName, version);
  }
  return { versions, state: { ...state, rounds: state.rounds + 1, slots } };
}

/** In 64 bits and rounded once. */
function sumOf(base: Numbers, mean: Numbers, factor: number): Float32Array {
  const next = new Float32Array(base.length);
  for (let index = 0; index < next.length; index++) next[index] = base[index]! + factor * mean[index]!;
  return next;
}
