import { boundsOf } from '../../learning/aggregation/grid.ts';
import { readSafetensors } from '../../learning/weights/safetensors.ts';
import type { Federation } from '../../openapi/schemas.ts';
import type { CollectedUpdate } from './collected-update.ts';
import type { Refusal } from './round-record.ts';

/** Why an update's values cannot be summed: one is not finite, or beyond the federation's bounds. */
export function refuseValues(
  { aggregation, maximumUpdateNorm }: Federation,
  { participant, header, bytes }: CollectedUpdate,
): Refusal | undefined {
  const bounds = boundsOf(aggregation?.bounds ?? {});
  const squares = new Map<string, number>();
  for (const [name, { values }] of readSafetensors(bytes).tensors) {
    const bound = header.roles[name] === 'statistic' ? bounds.statistic : bounds.trainable;
    let largest = 0;
    let sum = 0;
    for (const value of values) {
      const magnitude = Math.abs(value);
      if (!(magnitude <= largest)) largest = magnitude;
      sum += magnitude * magnitude;
      if (Number.isNaN(largest)) break;
    }
    const part = name.slice(0, name.indexOf('/'));
    squares.set(part, (squares.get(part) ?? 0) + sum);
    if (largest <= bound) continue;
    const code = Number.isFinite(largest) ? 'E_UPDATE_OUT_OF_RANGE' : 'E_UPDATE_NOT_FINITE';
    return {
      participant,
      code,
      message: `${name} has the magnitude ${largest}, at most ${bound} is allowed`,
    };
  }
  const norm = Math.sqrt(Math.max(0, ...squares.values()));
  if (norm <= (maximumUpdateNorm ?? Number.POSITIVE_INFINITY)) return undefined;
  const message = `the norm is ${norm}, at most ${maximumUpdateNorm} is allowed`;
  return { participant, code: 'E_UPDATE_NORM', message };
}
