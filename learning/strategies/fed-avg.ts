import { CodedError } from '../../runtime/errors.ts';
import { foldContributions } from '../aggregation/fold-contributions.ts';
import { refuseUnknownOptions } from '../options.ts';
import { DELTA_PART } from '../update.ts';
import { partTensorName } from '../update-header.ts';
import { areFinite, type NamedTensor } from '../weights/tensor.ts';
import type { Strategy, StrategyInput, StrategyResult, StrategySpec } from './strategy.ts';

/**
 * Federated averaging (B. McMahan et al.: Communication-Efficient Learning of Deep Networks from Decentralized Data,
 * AISTATS 2017): the next version is the base plus the mean of the deltas, each with its exampleCount as factor. It
 * assumes honest participants whose data are alike; one bad update moves the mean as far as it likes.
 */
export function fedAvg(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, []);
  return { key: 'fed-avg', parts: [DELTA_PART], aggregate };
}

async function aggregate({ base, contributions }: StrategyInput): Promise<StrategyResult> {
  const { sum, exampleCount } = await foldContributions(DELTA_PART, base, contributions);
  const tensors: NamedTensor[] = [];
  for (const [name, { shape, values }] of base) {
    const deltas = sum.of(partTensorName(DELTA_PART, name));
    const next = new Float32Array(values.length);
    for (let index = 0; index < next.length; index++) {
      next[index] = values[index]! + deltas[index]! / exampleCount;
    }
    // Finite updates can still add up to more than a 32-bit float holds.
    if (!areFinite(next)) {
      const message = `tensor ${name} of the next version would not be finite`;
      throw new CodedError('E_UPDATE_NOT_FINITE', message, { faults: [{ path: name, message }] });
    }
    tensors.push({ name, shape, values: next });
  }
  return { tensors, exampleCount };
}
